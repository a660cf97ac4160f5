#include "scar/data/epoch_order.h"

#include <cassert>

#include "scar/core/random.h"

namespace scar::data {

std::int64_t record_at(const EpochOrder& order, std::int64_t position) {
  assert(position >= 0 && position < order.size);
  const auto key = mix64(stream_key(order.seed, "epoch-order"), static_cast<std::uint64_t>(order.epoch));
  const Permutation permutation(key, static_cast<std::uint64_t>(order.size));
  return static_cast<std::int64_t>(permutation(static_cast<std::uint64_t>(position)));
}

}  // namespace scar::data
