#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace scar::data {

/// The order of one epoch is a function, not a history: nothing to save, nothing to replay.
struct EpochOrder {
  std::uint64_t seed = 0;
  std::int64_t epoch = 0;
  std::int64_t size = 0;   // records per epoch
  std::int64_t group = 0;  // each group of records has an order of its own
};

/// Index in [0, size) of the record at `position` in [0, size): a permutation for each (seed, epoch, group), O(1)
/// memory.
[[nodiscard]] std::int64_t record_at(const EpochOrder& order, std::int64_t position);
/// The same of positions first, first + 1, ...; quicker than one by one.
void records_at(const EpochOrder& order, std::int64_t first, std::span<std::int64_t> out);

/// Whole batches that a group of `size` records gives in an epoch that shows each of them `weight` times: of every full
/// pass those that it fills, and of the broken one its share.
[[nodiscard]] std::int64_t batches_of_group(std::int64_t size, double weight, std::int64_t batch);

/// Which records make which batch. Every batch holds records of one group; in each epoch each group is permuted, cut
/// into whole batches (its rest is left out, other records in each epoch), and the batches of all groups are shuffled.
/// A group of weight 2.5 is passed through twice and a half, in three orders; one of weight 0.25 gives other records in
/// each epoch.
class BatchOrder {
 public:
  /// `groups`: per record the number of its group, 0, 1, ...; empty: all records are one group, whose batches come in
  /// the order of record_at. `weights`: one per group, above 0; empty: 1 each.
  BatchOrder(std::vector<std::int64_t> records, const std::vector<std::int32_t>& groups, std::int64_t batch,
             std::uint64_t seed, const std::vector<double>& weights = {});

  [[nodiscard]] std::int64_t batches_per_epoch() const { return batches_; }
  /// The records of a batch of an epoch, 0 <= number < batches_per_epoch(); out [batch].
  void records(std::int64_t epoch, std::int64_t number, std::span<std::int64_t> out) const;

 private:
  std::vector<std::vector<std::int64_t>> groups_;  // the records of each
  std::vector<std::int64_t> batches_of_;           // of each, per epoch
  std::int64_t batch_, batches_;
  std::uint64_t seed_;
};

}  // namespace scar::data
