// Times the bootstrap over patients on one thread: bootstrap_bench [records] [classes] [resamples]. Beside it, auroc()
// of the repeated rows as it would be without presorting. Prints seconds per model, the best of three.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "scar/core/random.h"
#include "scar/evaluation/patient_bootstrap.h"
#include "scar/evaluation/scores.h"

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

int main(int argc, char** argv) {
  using namespace scar::evaluation;
  const auto argument = [&](int i, long standard) { return i < argc ? std::atol(argv[i]) : standard; };
  const long records = argument(1, 2198), classes = argument(2, 71);
  BootstrapOptions options;
  options.resamples = argument(3, 2000);

  scar::CounterRandom random(1, "bench");
  std::vector<std::uint32_t> patients;
  const auto count = static_cast<std::uint32_t>(records * 9 / 10);
  for (long i = 0; i < records; ++i) patients.push_back(static_cast<std::uint32_t>(random.below(count)));
  std::vector<std::vector<double>> scores;
  std::vector<std::vector<std::uint8_t>> labels;
  for (long c = 0; c < classes; ++c) {
    auto& column = scores.emplace_back();
    auto& truth = labels.emplace_back();
    const double prevalence = .01 + .3 * random.uniform() * random.uniform();
    for (long i = 0; i < records; ++i) {
      truth.push_back(random.chance(prevalence) ? 1 : 0);
      column.push_back(random.normal() + truth.back());
    }
  }

  double best = 1e9;
  for (int round = 0; round < 3; ++round) {
    const auto start = Clock::now();
    Figure figure;
    auto& part = figure.parts.emplace_back();
    for (std::size_t c = 0; c < scores.size(); ++c) part.emplace_back(WeightedAuroc(scores[c], labels[c], patients));
    const auto result = bootstrap_patients({{&figure}}, count, options);
    best = std::min(best, seconds_since(start));
    if (round == 0) {
      const auto interval = percentile_interval(result[0].resampled[0]);
      std::printf("macro AUROC %.4f, 95 %% %.4f..%.4f, %ld times a class was left out\n", *result[0].values[0],
                  interval->low, interval->high, static_cast<long>(result[0].classes_skipped));
    }
  }
  std::printf("%ld records, %ld classes, %ld resamples, one thread: %.2f s\n", records, classes,
              static_cast<long>(options.resamples), best);

  // Sorting anew for each resample, for a twentieth of them.
  const auto start = Clock::now();
  const long few = std::max(1L, static_cast<long>(options.resamples) / 20);
  double sum = 0;
  for (long resample = 0; resample < few; ++resample) {
    for (std::size_t c = 0; c < scores.size(); ++c) {
      std::vector<double> drawn;
      std::vector<std::uint8_t> truth;
      for (long i = 0; i < records; ++i) {
        const auto row = static_cast<std::size_t>(random.below(static_cast<std::uint64_t>(records)));
        drawn.push_back(scores[c][row]);
        truth.push_back(labels[c][row]);
      }
      sum += auroc(drawn, truth).value_or(0);
    }
  }
  std::printf("sorted anew for each: %.2f s (from %ld resamples; mean %.4f)\n",
              seconds_since(start) * static_cast<double>(options.resamples) / static_cast<double>(few), few,
              sum / static_cast<double>(few) / static_cast<double>(classes));
  return 0;
}
