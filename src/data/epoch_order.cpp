#include "scar/data/epoch_order.h"

#include <cassert>
#include <cmath>
#include <cstddef>
#include <utility>

#include "scar/core/random.h"

namespace scar::data {

std::int64_t record_at(const EpochOrder& order, std::int64_t position) {
  std::int64_t record = 0;
  records_at(order, position, std::span(&record, 1));
  return record;
}

void records_at(const EpochOrder& order, std::int64_t first, std::span<std::int64_t> out) {
  assert(first >= 0 && first + static_cast<std::int64_t>(out.size()) <= order.size);
  auto key = mix64(stream_key(order.seed, "epoch-order"), static_cast<std::uint64_t>(order.epoch));
  if (order.group > 0) key = mix64(key, static_cast<std::uint64_t>(order.group));
  const Permutation permutation(key, static_cast<std::uint64_t>(order.size));
  // A signed number may be written as the unsigned one of its size.
  permutation(static_cast<std::uint64_t>(first), {reinterpret_cast<std::uint64_t*>(out.data()), out.size()});
}

std::int64_t batches_of_group(std::int64_t size, double weight, std::int64_t batch) {
  const double passes = std::floor(weight);
  const auto rest = static_cast<std::int64_t>((weight - passes) * static_cast<double>(size));
  return static_cast<std::int64_t>(passes) * (size / batch) + rest / batch;
}

BatchOrder::BatchOrder(std::vector<std::int64_t> records, const std::vector<std::int32_t>& groups, std::int64_t batch,
                       std::uint64_t seed, const std::vector<double>& weights)
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
  assert(weights.empty() || weights.size() == groups_.size());
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const auto size = static_cast<std::int64_t>(groups_[g].size());
    batches_of_.push_back(batches_of_group(size, weights.empty() ? 1.0 : weights[g], batch));
    batches_ += batches_of_.back();
  }
}

void BatchOrder::records(std::int64_t epoch, std::int64_t number, std::span<std::int64_t> out) const {
  assert(number >= 0 && number < batches_ && std::cmp_equal(out.size(), batch_));
  if (groups_.size() > 1) {
    const auto key = mix64(stream_key(seed_, "batch-order"), static_cast<std::uint64_t>(epoch));
    number = static_cast<std::int64_t>(
        Permutation(key, static_cast<std::uint64_t>(batches_))(static_cast<std::uint64_t>(number)));
  }
  std::size_t g = 0;
  for (; number >= batches_of_[g]; ++g) number -= batches_of_[g];
  const auto size = static_cast<std::int64_t>(groups_[g].size());
  const auto pass = number / (size / batch_);
  // Each pass is an order of its own, as the groups are; no epoch has 2^32 groups.
  const auto stream = static_cast<std::int64_t>(g) + (pass << 32);
  records_at({seed_, epoch, size, stream}, number % (size / batch_) * batch_, out);
  for (auto& record : out) record = groups_[g][static_cast<std::size_t>(record)];
}

}  // namespace scar::data
