#pragma once

#include <cstdint>

// The loops over all samples of a record, written without branches and compiled for several processors; the fitting one
// is taken at run time.
namespace scar::ingest {

/// Sum modulo 2^32, of which the low half is WFDB's checksum.
[[nodiscard]] std::uint32_t sum_of(const std::int32_t* values, std::int64_t count);

void replace_value(std::int32_t* values, std::int64_t count, std::int32_t old_value, std::int32_t new_value);

struct Range {
  std::int32_t low, high;  // low > high: no value but the mark
};
/// Smallest and largest value other than kNotMeasured.
[[nodiscard]] Range range_of_measured(const std::int32_t* values, std::int64_t count);

/// values - baseline, which must fit, and `out_mark` where `mark` was.
void subtract(const std::int32_t* values, std::int64_t count, std::int32_t baseline, std::int32_t mark,
              std::int16_t out_mark, std::int16_t* out);

}  // namespace scar::ingest
