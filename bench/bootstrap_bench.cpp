// Intervals of AUROCs by a bootstrap over patients: bootstrap_bench FOLDER RESAMPLES THREADS. The folder holds
// scores.f64 [classes][records], labels.u8 of the same shape and patients.u32 [records]; bench/bootstrap_bench.py makes
// it. Prints one JSON document: the best of three times in seconds, and the interval of each class and of their mean.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <span>
#include <vector>

#include "scar/core/file_transaction.h"
#include "scar/evaluation/patient_bootstrap.h"

namespace {

using namespace scar::evaluation;

template <class Value>
std::vector<Value> read(const std::filesystem::path& path) {
  const auto bytes = scar::read_file(path);
  std::vector<Value> out(bytes.size() / sizeof(Value));
  std::memcpy(out.data(), bytes.data(), out.size() * sizeof(Value));
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "bootstrap_bench FOLDER RESAMPLES THREADS\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  BootstrapOptions options;
  options.resamples = std::atol(argv[2]);
  options.jobs = std::atoi(argv[3]);
  const auto scores = read<double>(folder / "scores.f64");
  const auto labels = read<std::uint8_t>(folder / "labels.u8");
  const auto patients = read<std::uint32_t>(folder / "patients.u32");
  const auto rows = patients.size(), classes = scores.size() / rows;
  const auto count = *std::max_element(patients.begin(), patients.end()) + 1;

  double best = 1e9;
  std::vector<Interval> intervals;
  for (int round = 0; round < 3; ++round) {
    const auto start = std::chrono::steady_clock::now();
    std::vector<Figure> figures(classes);
    for (std::size_t c = 0; c < classes; ++c) {
      const WeightedAuroc auroc(std::span<const double>(scores).subspan(c * rows, rows),
                                std::span<const std::uint8_t>(labels).subspan(c * rows, rows), patients);
      figures[c].parts.push_back({auroc});
    }
    intervals.clear();
    const PatientDraws draws(count, options);
    std::vector<std::vector<const Figure*>> asked;
    for (std::size_t c = 0; c < classes; ++c) asked.push_back({&figures[c]});
    const auto drawn = bootstrap_patients(asked, draws);
    std::vector<double> mean(static_cast<std::size_t>(draws.count()), 0.0);
    double value = 0;
    for (const auto& figure : drawn) {
      intervals.push_back(*draws.interval(*figure.values[0], figure.of_draws[0]));
      value += *figure.values[0] / static_cast<double>(classes);
      for (std::size_t draw = 0; draw < mean.size(); ++draw)
        mean[draw] += figure.of_draws[0][draw] / static_cast<double>(classes);
    }
    intervals.push_back(*draws.interval(value, mean));
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::printf("{\"seconds\": %.6f, \"intervals\": [", best);
  for (std::size_t i = 0; i < intervals.size(); ++i)
    std::printf("%s[%.17g, %.17g]", i == 0 ? "" : ", ", intervals[i].low, intervals[i].high);
  std::printf("]}\n");
  return 0;
}
