// Times the logistic regressions of a linear probe: probe_bench FOLDER ROWS FEATURES LABELS THREADS C [C ...], with
// x.f64 [ROWS, FEATURES] and y.f64 [ROWS, LABELS] in FOLDER. Prints seconds, iterations of the slowest label summed over
// C, and fits that ran out of iterations; writes the minima [C, LABELS] to FOLDER/objective.f64. bench/probe_bench.py
// makes the data and compares.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "scar/evaluation/logistic.h"

namespace {

at::Tensor read(const std::string& path, std::int64_t rows, std::int64_t columns) {
  auto out = at::empty({rows, columns}, at::kDouble);
  std::ifstream file(path, std::ios::binary);
  file.read(static_cast<char*>(out.data_ptr()), static_cast<std::streamsize>(out.nbytes()));
  if (!file) {
    std::fprintf(stderr, "%s is missing or too short\n", path.c_str());
    std::exit(3);
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace scar::evaluation;
  if (argc < 7) {
    std::fprintf(stderr, "probe_bench FOLDER ROWS FEATURES LABELS THREADS C [C ...]\n");
    return 2;
  }
  const std::string folder = argv[1];
  const auto rows = std::atoll(argv[2]), features = std::atoll(argv[3]), labels = std::atoll(argv[4]);
  at::set_num_threads(std::atoi(argv[5]));
  const auto x = read(folder + "/x.f64", rows, features), y = read(folder + "/y.f64", rows, labels);

  const auto start = std::chrono::steady_clock::now();
  const LogisticRegression regression(x, y);
  auto model = zero_model(features, labels);
  std::vector<LogisticModel> fits;
  std::int64_t iterations = 0, unconverged = 0;
  for (int i = 6; i < argc; ++i) {
    model = regression.fit(std::atof(argv[i]), model);
    fits.push_back(model);
    iterations += model.iterations;
    for (const auto converged : model.converged) unconverged += converged != 0 ? 0 : 1;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("%.3f %ld %ld\n", seconds, static_cast<long>(iterations), static_cast<long>(unconverged));

  std::ofstream out(folder + "/objective.f64", std::ios::binary);
  for (std::size_t i = 0; i < fits.size(); ++i) {
    const auto margin = (2 * y - 1) * fits[i].scores(x);
    const auto loss = (-margin).clamp_min(0) + at::log1p(at::exp(-margin.abs()));
    const auto objective =
        (loss.sum(0) + (fits[i].weight * fits[i].weight).sum(0) / (2 * std::atof(argv[i + 6]))).contiguous();
    out.write(static_cast<const char*>(objective.data_ptr()), static_cast<std::streamsize>(objective.nbytes()));
  }
  return out ? 0 : 6;
}
