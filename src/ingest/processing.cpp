#include "scar/ingest/processing.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "scar/data/ecg_record.h"
#include "scar/data/lead_names.h"
#include "scar/ingest/filter.h"

namespace scar::ingest {

namespace {

std::int64_t one_second(const EcgSamples& ecg) { return std::max<std::int64_t>(2, std::llround(ecg.rate_hz)); }

bool measured_anywhere(const std::int16_t* row, std::int64_t n) {
  return std::any_of(row, row + n, [](std::int16_t value) { return value != data::kMissing; });
}

}  // namespace

std::vector<std::string> derivable_leads() {
  std::vector<std::string> names;
  for (const int lead : kDerivable) names.emplace_back(data::kLeadNames[static_cast<std::size_t>(lead)]);
  return names;
}

bool mark_flat(EcgSamples& ecg) {
  const auto shortest = one_second(ecg);
  bool any = false;
  for (std::int64_t lead = 0; lead < 12; ++lead) {
    auto* row = ecg.values.data() + lead * ecg.samples;
    auto* const end = row + ecg.samples;
    const auto* first = std::find_if(row, end, [](std::int16_t value) { return value != data::kMissing; });
    const bool constant = std::all_of(first, static_cast<const std::int16_t*>(end),
                                      [&](std::int16_t value) { return value == *first || value == data::kMissing; });
    if (constant) {
      any = any || first != end;
      std::fill(row, end, data::kMissing);
      continue;
    }
    for (auto* begin = row; begin != end;) {
      auto* const after = std::find_if(begin, end, [begin](std::int16_t value) { return value != *begin; });
      if (*begin != data::kMissing && after - begin >= shortest) {
        std::fill(begin, after, data::kMissing);
        any = true;
      }
      begin = after;
    }
  }
  return any;
}

std::array<std::uint8_t, 4> derive_leads(EcgSamples& ecg) {
  constexpr std::int64_t kLargest = 32767;
  std::array<std::uint8_t, 4> derived{};
  const auto n = ecg.samples;
  const auto* one = ecg.values.data();
  const auto* two = one + n;
  for (std::size_t i = 0; i < kDerivable.size(); ++i) {
    auto* row = ecg.values.data() + kDerivable[i] * n;
    if (measured_anywhere(row, n)) continue;
    for (std::int64_t t = 0; t < n; ++t) {
      if (one[t] == data::kMissing || two[t] == data::kMissing) continue;
      const std::int64_t a = one[t], b = two[t];
      // Twice the value: III, aVR, aVL, aVF.
      const std::array<std::int64_t, 4> doubled = {2 * (b - a), -(a + b), 2 * a - b, 2 * b - a};
      const auto value = (std::abs(doubled[i]) + 1) / 2 * (doubled[i] < 0 ? -1 : 1);
      if (std::abs(value) > kLargest) continue;
      row[t] = static_cast<std::int16_t>(value);
      derived[i] = 1;
    }
    if (derived[i] != 0) std::erase(ecg.absent_leads, data::kLeadNames[static_cast<std::size_t>(kDerivable[i])]);
  }
  return derived;
}

bool filter_signal(EcgSamples& ecg, const ProcessingOptions& options) {
  std::vector<ZeroPhaseFilter> filters;
  if (options.high_pass_hz > 0) filters.push_back(ZeroPhaseFilter::high_pass(options.high_pass_hz, ecg.rate_hz));
  if (options.notch_hz > 0) filters.push_back(ZeroPhaseFilter::notch(options.notch_hz, ecg.rate_hz));
  if (filters.empty()) return false;
  const auto shortest = std::max<std::int64_t>(one_second(ecg), static_cast<std::int64_t>(ZeroPhaseFilter::kShortest));
  struct Run {
    std::size_t first;
    std::vector<double> values;
  };
  std::vector<Run> runs;
  bool lost = false;
  double largest = 0;
  for (std::int64_t lead = 0; lead < 12; ++lead) {
    const auto* row = ecg.values.data() + lead * ecg.samples;
    for (std::int64_t begin = 0; begin < ecg.samples;) {
      std::int64_t end = begin;
      while (end < ecg.samples && row[end] != data::kMissing) ++end;
      if (end - begin >= shortest) {
        Run run{static_cast<std::size_t>(lead * ecg.samples + begin), {row + begin, row + end}};
        for (const auto& filter : filters) run.values = filter(run.values);
        for (const double value : run.values) largest = std::max(largest, std::abs(value));
        runs.push_back(std::move(run));
      } else {
        lost = lost || end > begin;
      }
      begin = std::max(end, begin + 1);
    }
  }
  const double old_scale = ecg.scale_mv;
  const double scale = std::max(std::min(old_scale, 0.001), largest * old_scale / 32767);
  std::fill(ecg.values.begin(), ecg.values.end(), data::kMissing);
  for (const auto& run : runs) {
    for (std::size_t i = 0; i < run.values.size(); ++i) {
      const double value = std::round(run.values[i] * old_scale / scale);
      ecg.values[run.first + i] = static_cast<std::int16_t>(std::clamp(value, -32767.0, 32767.0));
    }
  }
  ecg.scale_mv = static_cast<float>(scale);
  ecg.lossless = false;
  return lost;
}

}  // namespace scar::ingest
