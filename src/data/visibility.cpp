#include "scar/data/visibility.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "scar/core/vector_clones.h"
#include "scar/data/ecg_record.h"
#include "scar/data/lead_names.h"

namespace scar::data {

namespace {

bool constant(const std::int16_t* lead, std::int64_t T) {
  const auto* end = lead + T;
  const auto* first = std::find_if(lead, end, [](std::int16_t x) { return x != kMissing; });
  if (first == end) return true;
  const auto value = *first;
  return std::all_of(first, end, [value](std::int16_t x) { return x == value || x == kMissing; });
}

/// Whether a sample of it is missing; no early end, so that it runs many samples at a time.
SCAR_VECTOR_CLONES bool any_missing(const std::int16_t* samples, std::int64_t count) {
  static_assert(kMissing == std::numeric_limits<std::int16_t>::min());
  std::int16_t lowest = 0;
  for (std::int64_t t = 0; t < count; ++t) lowest = std::min(lowest, samples[t]);
  return lowest == kMissing;
}

void hide(std::int64_t begin, std::int64_t end, std::int64_t patch, std::uint8_t* out) {
  for (std::int64_t token = begin / patch; token <= (end - 1) / patch; ++token) out[token] = 0;
}

/// Calls use(begin, end) for each run of at least `shortest` equal samples. Only every stride-th sample is looked at:
/// such a run holds at least two neighbours of that grid, so where neighbours differ there is none between them.
template <class Use>
void for_each_flat_run(const std::int16_t* lead, std::int64_t T, std::int64_t shortest, Use&& use) {
  const std::int64_t stride = std::max<std::int64_t>(1, shortest / 2);
  std::int64_t at = 0;
  while (at + stride < T) {
    if (lead[at] != lead[at + stride] || lead[at] == kMissing) {
      at += stride;
      continue;
    }
    const auto value = lead[at];
    std::int64_t begin = at, end = at + 1;
    while (begin > 0 && lead[begin - 1] == value) --begin;
    while (end < T && lead[end] == value) ++end;
    if (end - begin >= shortest) use(begin, end);
    at +=
        stride * std::max<std::int64_t>(1, (end - 1 - at) / stride);  // the last grid point of the run, or the next one
  }
}

/// Samples of a flat run at least.
std::int64_t flat_samples(double rate_hz) { return std::max<std::int64_t>(2, std::llround(rate_hz)); }

}  // namespace

void token_visibility(const std::int16_t* samples, std::int64_t T, double rate_hz, std::int64_t patch,
                      std::uint8_t* out) {
  assert(patch > 0 && T % patch == 0 && rate_hz > 0);
  const std::int64_t tokens = T / patch;
  const auto second = flat_samples(rate_hz);
  std::fill(out, out + kLeads * tokens, std::uint8_t{1});
  const bool whole = !any_missing(samples, kLeads * T);  // most records are
  for (int l = 0; l < kLeads; ++l) {
    const auto* lead = samples + l * T;
    auto* row = out + l * tokens;
    if (constant(lead, T)) {
      std::fill(row, row + tokens, std::uint8_t{0});
      continue;
    }
    if (!whole && any_missing(lead, T)) {
      for (std::int64_t j = 0; j < tokens; ++j) row[j] = any_missing(lead + j * patch, patch) ? 0 : 1;
    }
    for_each_flat_run(lead, T, second, [&](std::int64_t begin, std::int64_t end) { hide(begin, end, patch, row); });
  }
}

bool visible_throughout(const std::int16_t* samples, std::int64_t T, double rate_hz) {
  if (any_missing(samples, kLeads * T)) return false;
  // Two runs that rotation joins, the last of the record and the first, must not make a flat one.
  const auto half = flat_samples(rate_hz) / 2;
  if (half < 2) return false;
  for (int l = 0; l < kLeads; ++l) {
    const auto* lead = samples + l * T;
    bool flat = constant(lead, T);
    for_each_flat_run(lead, T, half, [&](std::int64_t, std::int64_t) { flat = true; });
    if (flat) return false;
  }
  return true;
}

SCAR_VECTOR_CLONES void decode_mv(const std::int16_t* samples, std::int64_t T, float scale_mv, float* out) {
  const std::int64_t n = kLeads * T;
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int32_t value = samples[i];
    const std::int32_t present = value == kMissing ? 0 : -1;  // as a mask of bits: a branch would not be vectorised
    out[i] = static_cast<float>(value & present) * scale_mv;
  }
}

}  // namespace scar::data
