#include "sample_loops.h"

#include "scar/core/vector_clones.h"
#include "scar/ingest/wfdb_signal.h"

namespace scar::ingest {

SCAR_VECTOR_CLONES std::uint32_t sum_of(const std::int32_t* values, std::int64_t count) {
  std::uint32_t sum = 0;
  for (std::int64_t t = 0; t < count; ++t) sum += static_cast<std::uint32_t>(values[t]);
  return sum;
}

SCAR_VECTOR_CLONES void replace_value(std::int32_t* values, std::int64_t count, std::int32_t old_value,
                                      std::int32_t new_value) {
  for (std::int64_t t = 0; t < count; ++t) values[t] = values[t] == old_value ? new_value : values[t];
}

SCAR_VECTOR_CLONES Range range_of_measured(const std::int32_t* values, std::int64_t count) {
  static_assert(kNotMeasured == INT32_MIN);
  // One less than each value: the mark, and it alone, becomes the largest number. A comparison with the mark would say
  // the same, but compilers do not vectorise it.
  std::int32_t low = INT32_MAX, high = INT32_MIN;
  for (std::int64_t t = 0; t < count; ++t) {
    const auto value = values[t];
    const auto below = static_cast<std::int32_t>(static_cast<std::uint32_t>(value) - 1U);
    low = below < low ? below : low;
    high = value > high ? value : high;
  }
  return {low == INT32_MAX ? INT32_MAX : low + 1, high};
}

SCAR_VECTOR_CLONES void subtract(const std::int32_t* values, std::int64_t count, std::int32_t baseline,
                                 std::int32_t mark, std::int16_t out_mark, std::int16_t* out) {
  for (std::int64_t t = 0; t < count; ++t) {
    const auto value =
        static_cast<std::int16_t>(static_cast<std::uint32_t>(values[t]) - static_cast<std::uint32_t>(baseline));
    out[t] = values[t] == mark ? out_mark : value;
  }
}

}  // namespace scar::ingest
