#include "scar/data/epoch_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
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

TEST(EpochOrder, GoldenNumbers) {
  // Written down from the first version: a saved run must go on with the same records on any machine.
  EXPECT_EQ(order(7, 0, 10), (std::vector<std::int64_t>{4, 2, 7, 5, 3, 9, 1, 8, 0, 6}));
}

}  // namespace scar::data
