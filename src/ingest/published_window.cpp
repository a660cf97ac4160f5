#include "published_window.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/data/ecg_record.h"

namespace scar::ingest {

void take_published_window(EcgSamples& ecg, const std::string& where) {
  constexpr double kRate = 500;
  if (ecg.rate_hz != kRate) {
    throw Error(Code::header_invalid, "the published window is defined for records of 500 Hz")
        .at(where)
        .got(cat(ecg.rate_hz, " Hz"));
  }
  const auto measured = std::min(ecg.samples, kPublishedSamples);
  std::vector<std::int16_t> values(static_cast<std::size_t>(12 * kPublishedLength), 0);
  std::int32_t low = 0, high = 0;  // the zeros are part of it
  for (std::int64_t lead = 0; lead < 12; ++lead) {
    const auto* row = ecg.values.data() + lead * ecg.samples;
    std::copy_n(row, measured, values.begin() + lead * kPublishedLength);
    for (std::int64_t t = 0; t < measured; ++t) {
      if (row[t] == data::kMissing) continue;
      low = std::min<std::int32_t>(low, row[t]);
      high = std::max<std::int32_t>(high, row[t]);
    }
  }
  constexpr std::int32_t kLargest = 32767;
  const std::int32_t range = high - low;
  const double steps = std::min(range, kLargest);
  for (auto& value : values) {
    if (value == data::kMissing) continue;
    const std::int32_t above = value - low;
    value = static_cast<std::int16_t>(range <= kLargest ? above : std::lround(above * steps / range));
  }
  ecg.values = std::move(values);
  ecg.samples = kPublishedLength;
  ecg.scale_mv = range == 0 ? 1.0F : static_cast<float>(1.0 / steps);  // a record of zeros stays one
  ecg.lossless = ecg.lossless && range <= kLargest;
}

}  // namespace scar::ingest
