// Speed of the synthetic generator on one core, and its calibration:  synthetic_bench [records]
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "scar/data/synthetic/calibration.h"
#include "scar/data/synthetic/render.h"

int main(int argc, char** argv) {
  scar::data::SyntheticOptions options;
  const long records = argc > 1 ? std::atol(argv[1]) : 2000;
  for (const long rate : {100L, 500L}) {
    options.rate_hz = rate;
    long long sum = 0;
    const std::clock_t start = std::clock();  // of the processor: other programs on the machine do not count
    for (long i = 0; i < records; ++i)
      sum += scar::data::render(options, i).samples[static_cast<std::size_t>(i) % 1000];
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    std::printf("render  %3ld Hz  10 s  %6.0f records/s  (%ld records, %.3f ms each, sum %lld)\n", rate,
                static_cast<double>(records) / seconds, records, 1e3 * seconds / static_cast<double>(records), sum);
  }
  options.rate_hz = 100;
  std::fputs(scar::data::calibration_table(scar::data::calibrate(options)).c_str(), stdout);
  return 0;
}
