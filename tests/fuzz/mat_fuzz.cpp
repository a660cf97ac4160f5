// parse_mat_ecg: the MATLAB 5 files of CPSC2018's original form.
#include <cmath>

#include "fuzz/fuzz_support.h"
#include "mat_ecg.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  scar::fuzz::accepts([&] {
    const auto ecg = scar::ingest::parse_mat_ecg(scar::fuzz::as_text(data, size), "fuzz.mat");
    FUZZ_CHECK(ecg.samples > 0 && ecg.values.size() == 12 * static_cast<std::size_t>(ecg.samples));
    FUZZ_CHECK(ecg.rate_hz == 500 && std::isfinite(ecg.scale_mv) && ecg.scale_mv > 0 && std::isfinite(ecg.largest_mv));
  });
  return 0;
}
