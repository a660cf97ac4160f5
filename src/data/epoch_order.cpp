#include "scar/data/epoch_order.h"

#include <cassert>
#include <cstddef>
#include <utility>

#include "scar/core/random.h"

namespace scar::data {

std::int64_t record_at(const EpochOrder& order, std::int64_t position) {
  assert(position >= 0 && position < order.size);
  auto key = mix64(stream_key(order.seed, "epoch-order"), static_cast<std::uint64_t>(order.epoch));
  if (order.group > 0) key = mix64(key, static_cast<std::uint64_t>(order.group));
  const Permutation permutation(key, static_cast<std::uint64_t>(order.size));
  return static_cast<std::int64_t>(permutation(static_cast<std::uint64_t>(position)));
}

std::int64_t batches_per_epoch(const std::vector<std::int64_t>& group_sizes, std::int64_t batch) {
  std::int64_t batches = 0;
  for (const auto size : group_sizes) batches += size / batch;
  return batches;
}

BatchOrder::BatchOrder(std::vector<std::int64_t> records, const std::vector<std::int32_t>& groups, std::int64_t batch,
                       std::uint64_t seed)
    : batch_(batch), batches_(0), seed_(seed) {
  assert(batch > 0 && (groups.empty() || groups.size() == records.size()));
  if (groups.empty()) {
    groups_.push_back(std::move(records));
  } else {
    for (std::size_t i = 0; i < records.size(); ++i) {
      const auto group = static_cast<std::size_t>(groups[i]);
      if (group >= groups_.size()) groups_.resize(group + 1);
      groups_[group].push_back(records[i]);
    }
  }
  for (const auto& group : groups_) batches_ += static_cast<std::int64_t>(group.size()) / batch;
}

std::int64_t BatchOrder::record(std::int64_t epoch, std::int64_t number, std::int64_t b) const {
  assert(number >= 0 && number < batches_ && b >= 0 && b < batch_);
  if (groups_.size() > 1) {
    const auto key = mix64(stream_key(seed_, "batch-order"), static_cast<std::uint64_t>(epoch));
    number = static_cast<std::int64_t>(
        Permutation(key, static_cast<std::uint64_t>(batches_))(static_cast<std::uint64_t>(number)));
  }
  for (std::size_t g = 0;; ++g) {
    const auto size = static_cast<std::int64_t>(groups_[g].size());
    if (number < size / batch_) {
      const auto index = record_at({seed_, epoch, size, static_cast<std::int64_t>(g)}, number * batch_ + b);
      return groups_[g][static_cast<std::size_t>(index)];
    }
    number -= size / batch_;
  }
}

}  // namespace scar::data
