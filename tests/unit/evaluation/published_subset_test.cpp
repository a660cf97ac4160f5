#include "scar/evaluation/published_subset.h"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "scar/core/error.h"

namespace scar::evaluation {
namespace {

using Rows = std::vector<std::int64_t>;

// T10: the public test list of CPSC2018 begins with these rows (its ecg_id is one more).
TEST(LegacyPermutation, T10IsThatOfTheCpscPartition) {
  const auto order = legacy_permutation(6877);
  EXPECT_EQ(Rows(order.begin(), order.begin() + 5), (Rows{676, 6113, 3615, 4303, 5591}));
  auto sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < sorted.size(); ++i) ASSERT_EQ(sorted[i], static_cast<std::int64_t>(i));
  EXPECT_TRUE(legacy_permutation(0).empty());
  EXPECT_EQ(legacy_permutation(1), Rows{0});
}

TEST(PublishedSubset, T10HasThePublishedRows) {
  struct Case {
    const char* task;
    std::int64_t merl_1, merl_10, melp_1, melp_10;
    Rows first;  // of the permutation's end at 1 %
    std::int64_t sum;
  };
  const std::vector<Case> cases = {
      {"ptbxl-super", 170, 1708, 171, 1708, {2385, 5759, 8680}, 1356623},
      {"ptbxl-sub", 170, 1708, 171, 1708, {2385, 5759, 8680}, 1356623},
      {"ptbxl-form", 71, 719, 72, 720, {1478, 7099, 5486}, 248206},
      {"ptbxl-rhythm", 168, 1683, 168, 1683, {5759, 8680, 1734}, 1337388},
      {"cpsc2018", 49, 495, 50, 495, {2556, 1478, 1363}, 112271},
      {"csn-exact", 165, 1654, 165, 1655, {11411, 8338, 13822}, 1332126},
  };
  for (const auto& one : cases) {
    const auto n = published_train_rows(one.task).value();
    const auto merl = published_subset("merl", n, .01);
    EXPECT_EQ(static_cast<std::int64_t>(merl.size()), one.merl_1) << one.task;
    EXPECT_EQ(std::accumulate(merl.begin(), merl.end(), std::int64_t{0}), one.sum) << one.task;
    const auto order = legacy_permutation(n);
    EXPECT_EQ(Rows(order.end() - one.merl_1, order.end() - one.merl_1 + 3), one.first) << one.task;
    EXPECT_EQ(static_cast<std::int64_t>(published_subset("merl", n, .1).size()), one.merl_10) << one.task;
    const auto melp = published_subset("melp", n, .01);
    EXPECT_EQ(static_cast<std::int64_t>(melp.size()), one.melp_1) << one.task;
    EXPECT_EQ(static_cast<std::int64_t>(published_subset("melp", n, .1).size()), one.melp_10) << one.task;
    EXPECT_NE(melp, merl) << "the other end of the same permutation";
    EXPECT_EQ(static_cast<std::int64_t>(published_subset("merl", n, 1).size()), n);
  }
}

TEST(PublishedSubset, OtherRulesAndSharesAreRefused) {
  EXPECT_THROW((void)published_subset("merl", 100, 0), Error);
  EXPECT_THROW((void)published_subset("merl", 100, 1.1), Error);
  EXPECT_THROW((void)published_subset("patients", 100, .5), Error);
  EXPECT_FALSE(published_train_rows("synth").has_value());
}

}  // namespace
}  // namespace scar::evaluation
