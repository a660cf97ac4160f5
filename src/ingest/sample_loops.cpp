#include "sample_loops.h"

#include <algorithm>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define SCAR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define SCAR_CLONES
#endif

namespace scar::ingest {

SCAR_CLONES std::uint32_t sum_of(const std::int32_t* values, std::int64_t count) {
  std::uint32_t sum = 0;
  for (std::int64_t t = 0; t < count; ++t) sum += static_cast<std::uint32_t>(values[t]);
  return sum;
}

SCAR_CLONES void replace_value(std::int32_t* values, std::int64_t count, std::int32_t old_value,
                               std::int32_t new_value) {
  for (std::int64_t t = 0; t < count; ++t) values[t] = values[t] == old_value ? new_value : values[t];
}

SCAR_CLONES Range range_without(const std::int32_t* values, std::int64_t count, std::int32_t mark) {
  std::int32_t low = INT32_MAX, high = INT32_MIN;
  for (std::int64_t t = 0; t < count; ++t) {
    const auto value = values[t];
    low = std::min(low, value == mark ? INT32_MAX : value);
    high = std::max(high, value);
  }
  return {low, high};
}

SCAR_CLONES void subtract(const std::int32_t* values, std::int64_t count, std::int32_t baseline, std::int32_t mark,
                          std::int16_t out_mark, std::int16_t* out) {
  for (std::int64_t t = 0; t < count; ++t) {
    const auto value =
        static_cast<std::int16_t>(static_cast<std::uint32_t>(values[t]) - static_cast<std::uint32_t>(baseline));
    out[t] = values[t] == mark ? out_mark : value;
  }
}

}  // namespace scar::ingest
