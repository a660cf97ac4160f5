#pragma once

#include <cstdint>

namespace scar::data {

/// The order of one epoch is a function, not a history: nothing to save, nothing to replay.
struct EpochOrder {
  std::uint64_t seed = 0;
  std::int64_t epoch = 0;
  std::int64_t size = 0;  // records per epoch
};

/// Index in [0, size) of the record at `position` in [0, size): a permutation for each (seed, epoch), O(1) memory.
[[nodiscard]] std::int64_t record_at(const EpochOrder& order, std::int64_t position);

}  // namespace scar::data
