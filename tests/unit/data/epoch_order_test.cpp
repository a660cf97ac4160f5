#include "scar/data/epoch_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <vector>

namespace scar::data {
namespace {

std::vector<std::int64_t> order(std::uint64_t seed, std::int64_t epoch, std::int64_t size) {
  std::vector<std::int64_t> all;
  for (std::int64_t p = 0; p < size; ++p) all.push_back(record_at({seed, epoch, size}, p));
  return all;
}

}  // namespace

TEST(EpochOrder, EveryRecordComesOncePerEpoch) {
  for (const std::int64_t size : {1, 2, 3, 7, 64, 1000}) {
    auto all = order(5, 3, size);
    std::sort(all.begin(), all.end());
    std::vector<std::int64_t> expected(static_cast<std::size_t>(size));
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(all, expected);
  }
}

TEST(EpochOrder, SeedAndEpochDecideTheOrder) {
  EXPECT_EQ(order(5, 3, 500), order(5, 3, 500));
  EXPECT_NE(order(5, 3, 500), order(5, 4, 500));
  EXPECT_NE(order(5, 3, 500), order(6, 3, 500));
  EXPECT_NE(order(0, 1, 500), order(1, 0, 500));
}

TEST(EpochOrder, ManyAtATimeAreTheSameAsOneByOne) {
  for (const std::int64_t size : {1, 5, 63, 64, 65, 300, 19601}) {
    for (const std::int64_t first : {std::int64_t{0}, size / 3, size - 1}) {
      std::vector<std::int64_t> many(static_cast<std::size_t>(std::min<std::int64_t>(size - first, 150)));
      records_at({5, 3, size, 2}, first, many);
      for (std::size_t i = 0; i < many.size(); ++i)
        ASSERT_EQ(many[i], record_at({5, 3, size, 2}, first + static_cast<std::int64_t>(i)));
    }
  }
}

TEST(EpochOrder, GoldenNumbers) {
  // Written down from the first version: a saved run must go on with the same records on any machine.
  EXPECT_EQ(order(7, 0, 10), (std::vector<std::int64_t>{4, 2, 7, 5, 3, 9, 1, 8, 0, 6}));
  std::uint64_t sum = 0;
  for (const auto record : order(7, 3, 19601)) sum = sum * 31 + static_cast<std::uint64_t>(record);
  EXPECT_EQ(sum, 14517099760885946206u);
  sum = 0;
  for (std::int64_t p = 0; p < 1000; ++p)
    sum = sum * 31 + static_cast<std::uint64_t>(record_at({7, 3, 800001, 2}, p * 800));
  EXPECT_EQ(sum, 5588171318223453823u);
}

namespace {

// 23 records numbered from 100; group 0 has 11, group 1 has 9, group 2 has 3.
struct Grouped {
  std::vector<std::int64_t> records;
  std::vector<std::int32_t> groups;
  Grouped() {
    for (std::int64_t i = 0; i < 23; ++i) {
      records.push_back(100 + i);
      groups.push_back(i % 2 == 0 && i < 22 ? 0 : i < 18 ? 1 : 2);
    }
  }
  [[nodiscard]] std::int32_t group(std::int64_t record) const { return groups[static_cast<std::size_t>(record - 100)]; }
};

std::vector<std::int64_t> one_epoch(const BatchOrder& order, std::int64_t epoch, std::int64_t batch) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(order.batches_per_epoch() * batch));
  for (std::int64_t n = 0; n < order.batches_per_epoch(); ++n) {
    order.records(epoch, n,
                  std::span(all).subspan(static_cast<std::size_t>(n * batch), static_cast<std::size_t>(batch)));
  }
  return all;
}

}  // namespace

TEST(BatchOrder, ABatchHoldsRecordsOfOneGroupAndNoRecordComesTwice) {
  const Grouped g;
  const BatchOrder order(g.records, g.groups, 3, 5);
  ASSERT_EQ(order.batches_per_epoch(), 3 + 3 + 1);
  EXPECT_EQ(batches_of_group(11, 1, 3) + batches_of_group(9, 1, 3) + batches_of_group(3, 1, 3), 7);
  for (const std::int64_t epoch : {0, 1, 2}) {
    const auto all = one_epoch(order, epoch, 3);
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(g.group(all[i]), g.group(all[i / 3 * 3]));
    EXPECT_EQ(std::set<std::int64_t>(all.begin(), all.end()).size(), all.size());
  }
}

TEST(BatchOrder, EveryRecordHasItsTurnAndGroupsAreInterleaved) {
  const Grouped g;
  const BatchOrder order(g.records, g.groups, 3, 5);
  std::set<std::int64_t> seen;
  std::set<std::int32_t> first;  // the group that an epoch begins with
  for (std::int64_t epoch = 0; epoch < 40; ++epoch) {
    const auto all = one_epoch(order, epoch, 3);
    seen.insert(all.begin(), all.end());
    first.insert(g.group(all.front()));
  }
  EXPECT_EQ(seen.size(), 23u);
  EXPECT_EQ(first.size(), 3u);
  EXPECT_EQ(one_epoch(order, 4, 3), one_epoch(BatchOrder(g.records, g.groups, 3, 5), 4, 3));
  EXPECT_NE(one_epoch(order, 4, 3), one_epoch(BatchOrder(g.records, g.groups, 3, 6), 4, 3));
}

TEST(BatchOrder, OneGroupIsTheOrderWithoutGroups) {
  const Grouped g;
  const BatchOrder plain(g.records, {}, 4, 5), one(g.records, std::vector<std::int32_t>(23, 0), 4, 5);
  EXPECT_EQ(one_epoch(plain, 2, 4), one_epoch(one, 2, 4));
  EXPECT_EQ(one_epoch(plain, 2, 4)[7], 100 + record_at({5, 2, 23}, 7));
}

TEST(BatchOrder, WeightsDecideHowOftenAnEpochShowsAGroup) {
  const Grouped g;  // 11, 9 and 3 records
  const std::vector<double> weights{2.5, 0.34, 1};
  const BatchOrder order(g.records, g.groups, 3, 5, weights);
  // Two full passes of three batches and half of the records again; 3.06 records; one batch.
  ASSERT_EQ(order.batches_per_epoch(), (3 + 3 + 1) + 1 + 1);
  EXPECT_EQ(batches_of_group(11, 2.5, 3), 7);
  EXPECT_EQ(batches_of_group(9, 0.34, 3), 1);
  EXPECT_EQ(batches_of_group(2, 5, 3), 0) << "a group that fills no batch gives none, however heavy";
  std::map<std::int64_t, int> seen;
  for (std::int64_t epoch = 0; epoch < 40; ++epoch) {
    const auto all = one_epoch(order, epoch, 3);
    std::map<std::int64_t, int> here;
    for (std::size_t i = 0; i < all.size(); ++i) {
      EXPECT_EQ(g.group(all[i]), g.group(all[i / 3 * 3])) << "a batch holds records of one group";
      ++here[all[i]];
      ++seen[all[i]];
    }
    for (const auto& [record, times] : here) EXPECT_LE(times, g.group(record) == 0 ? 3 : 1) << record;
    for (std::size_t i = 0; i < all.size(); i += 3) EXPECT_NE(all[i], all[i + 1]);
  }
  EXPECT_EQ(seen.size(), g.records.size()) << "a light group gives other records in each epoch";
}

TEST(BatchOrder, AWeightOfOneIsNoWeight) {
  const Grouped g;
  const BatchOrder plain(g.records, g.groups, 3, 5), weighted(g.records, g.groups, 3, 5, {1, 1, 1});
  EXPECT_EQ(one_epoch(plain, 7, 3), one_epoch(weighted, 7, 3));
}

}  // namespace scar::data
