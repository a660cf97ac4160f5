#include "scar/ingest/signal_path.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/data/ecg_record.h"
#include "scar/ingest/resample.h"

namespace scar::ingest {

namespace {

// Gaps are bridged by straight lines while the filter runs, so that they do not ring into what was measured; nothing of
// the bridges is kept.
std::vector<double> bridged(const std::int16_t* row, std::int64_t n) {
  std::vector<double> x(static_cast<std::size_t>(n), 0.0);
  std::int64_t last = -1;  // the last measured sample
  for (std::int64_t t = 0; t < n; ++t) {
    if (row[t] == data::kMissing) continue;
    x[static_cast<std::size_t>(t)] = row[t];
    if (last + 1 < t) {
      const double from = last < 0 ? row[t] : row[last];
      const double step = (row[t] - from) / static_cast<double>(t - last);
      for (auto u = last + 1; u < t; ++u)
        x[static_cast<std::size_t>(u)] = from + step * static_cast<double>(last < 0 ? 0 : u - last);
    }
    last = t;
  }
  if (last >= 0) std::fill(x.begin() + last + 1, x.end(), static_cast<double>(row[last]));
  return x;
}

// The first `wanted` samples at another rate, and some more where the record has them.
void resample(EcgSamples& ecg, double rate_hz, std::int64_t wanted, const std::string& where) {
  constexpr std::int64_t kLongestFactor = 100'000;  // the filter has 20 times as many taps
  const auto ratio = rate_ratio(ecg.rate_hz, rate_hz);
  if (std::max(ratio.up, ratio.down) > kLongestFactor) {
    throw Error(Code::header_invalid, "the sampling rate cannot be converted to that of the store")
        .at(where)
        .got(cat(ecg.rate_hz, " Hz"))
        .wanted(cat(rate_hz, " Hz times a ratio of whole numbers up to ", kLongestFactor));
  }
  const Resampler resampler(ratio.up, ratio.down);
  // A record that claims a rate far too low would grow by that factor; beyond these samples nothing reaches the window.
  const auto used = std::min(ecg.samples, ((wanted + 1) * ratio.down + resampler.half()) / ratio.up + 2);
  const auto old_size = ecg.samples, new_size = resampler.size(used);
  // Coarse steps would be noise after the filter: at most 1 uV.
  const double old_scale = ecg.scale_mv;
  double largest = 0;
  std::vector<std::vector<double>> leads;
  for (std::int64_t lead = 0; lead < 12; ++lead) {
    auto row = bridged(ecg.values.data() + lead * old_size, old_size);
    row.resize(static_cast<std::size_t>(used));
    leads.push_back(resampler(row));
    for (const auto value : leads.back()) largest = std::max(largest, std::abs(value) * old_scale);
  }
  const double scale = std::max(std::min(old_scale, 0.001), largest / 32767);
  std::vector<std::int16_t> values(static_cast<std::size_t>(12 * new_size), data::kMissing);
  for (std::int64_t lead = 0; lead < 12; ++lead) {
    const auto* row = ecg.values.data() + lead * old_size;
    for (std::int64_t j = 0; j < new_size; ++j) {
      // A new sample was measured if the old ones around its time were.
      const double at = static_cast<double>(j) * static_cast<double>(ratio.down) / static_cast<double>(ratio.up);
      const auto before = std::min(static_cast<std::int64_t>(std::floor(at)), old_size - 1);
      const auto after = std::min(static_cast<std::int64_t>(std::ceil(at)), old_size - 1);
      if (row[before] == data::kMissing || row[after] == data::kMissing) continue;
      const double value = leads[static_cast<std::size_t>(lead)][static_cast<std::size_t>(j)] * old_scale / scale;
      values[static_cast<std::size_t>(lead * new_size + j)] =
          static_cast<std::int16_t>(std::clamp(std::round(value), -32767.0, 32767.0));
    }
  }
  ecg.values = std::move(values);
  ecg.samples = new_size;
  ecg.rate_hz = rate_hz;
  ecg.scale_mv = static_cast<float>(scale);
  ecg.lossless = false;
}

}  // namespace

SignalChanges fit_signal(EcgSamples& ecg, double rate_hz, double seconds, const std::string& where) {
  SignalChanges changes;
  if (rate_hz > 0 && ecg.rate_hz != rate_hz) {
    resample(ecg, rate_hz, std::llround(seconds * rate_hz), where);
    changes.resampled = true;
  }
  const auto wanted = std::llround(seconds * ecg.rate_hz);
  if (ecg.samples == wanted) return changes;
  changes.cropped = ecg.samples > wanted;
  changes.padded = ecg.samples < wanted;
  std::vector<std::int16_t> values(static_cast<std::size_t>(12 * wanted), data::kMissing);
  const auto kept = std::min<std::int64_t>(ecg.samples, wanted);
  for (std::int64_t lead = 0; lead < 12; ++lead)
    std::copy_n(ecg.values.data() + lead * ecg.samples, kept, values.data() + lead * wanted);
  ecg.values = std::move(values);
  ecg.samples = wanted;
  return changes;
}

}  // namespace scar::ingest
