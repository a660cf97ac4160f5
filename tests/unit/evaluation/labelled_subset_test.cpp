#include "scar/evaluation/labelled_subset.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "scar/core/error.h"
#include "scar/core/random.h"

namespace scar::evaluation {
namespace {

using Rows = std::vector<std::int64_t>;

/// Patients of one to three rows, every tenth row without a patient; classes of 50, 10, 2 and .5 %.
struct Corpus {
  std::vector<std::string> ids, patients;
  std::vector<std::uint8_t> labels;
  static constexpr std::array<double, 4> kShares = {.5, .1, .02, .005};
  std::int64_t classes = kShares.size();

  explicit Corpus(int rows) {
    CounterRandom random(1, "corpus");
    for (int i = 0; i < rows; ++i) {
      ids.push_back("r" + std::to_string(i));
      patients.push_back(i % 10 == 0 ? "" : "p" + std::to_string(i / 3));
      for (const double share : kShares) labels.push_back(random.chance(share) ? 1 : 0);
    }
  }
  [[nodiscard]] std::vector<std::int64_t> positives(const Rows& rows) const {
    std::vector<std::int64_t> out(static_cast<std::size_t>(classes), 0);
    for (const auto row : rows) {
      for (std::int64_t c = 0; c < classes; ++c)
        out[static_cast<std::size_t>(c)] += labels[static_cast<std::size_t>(row * classes + c)];
    }
    return out;
  }
};

void expect_whole_patients(const Corpus& corpus, const Rows& rows) {
  std::set<std::string> inside, outside;
  for (std::size_t i = 0; i < corpus.ids.size(); ++i) {
    const bool in = std::binary_search(rows.begin(), rows.end(), static_cast<std::int64_t>(i));
    if (!corpus.patients[i].empty()) (in ? inside : outside).insert(corpus.patients[i]);
  }
  for (const auto& name : inside) EXPECT_EQ(outside.count(name), 0u) << name;
}

// T26: 1 % is in 10 % is in 100 %.
TEST(LabelledSubsets, LabelledSubsetsAreNestedAndKeepPatientsWhole) {
  const Corpus corpus(3000);
  const LabelledSubsets subsets(corpus.patients, corpus.ids, corpus.labels, 0);
  Rows before;
  for (const double fraction : {.01, .03, .1, .5, 1.0}) {
    const auto rows = subsets.rows(fraction);
    EXPECT_NEAR(static_cast<double>(rows.size()), fraction * 3000, 3);
    EXPECT_TRUE(std::includes(rows.begin(), rows.end(), before.begin(), before.end()));
    expect_whole_patients(corpus, rows);
    before = rows;
  }
  EXPECT_EQ(before.size(), 3000u);
  EXPECT_THROW((void)subsets.rows(0), Error);
  EXPECT_THROW((void)subsets.rows(1.1), Error);
  EXPECT_THROW(LabelledSubsets({}, {}, {}, 0), Error);
}

TEST(LabelledSubsets, EveryClassHasItsShareWithinAFewExamples) {
  const Corpus corpus(6000);
  const auto all = corpus.positives(LabelledSubsets(corpus.patients, corpus.ids, corpus.labels, 0).rows(1));
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const LabelledSubsets subsets(corpus.patients, corpus.ids, corpus.labels, seed);
    for (const double fraction : {.01, .1, .5}) {
      const auto found = corpus.positives(subsets.rows(fraction));
      for (std::size_t c = 0; c < found.size(); ++c) {
        // Chance alone would have a deviation of the root of this: 12 at one half of 300.
        EXPECT_NEAR(static_cast<double>(found[c]), fraction * static_cast<double>(all[c]), 4.5)
            << "class " << c << ", share " << fraction << ", seed " << seed;
      }
    }
  }
}

TEST(LabelledSubsets, FollowFromSeedAndNamesNotFromTheOrderOfRows) {
  const Corpus corpus(600);
  std::vector<std::size_t> order(600);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::reverse(order.begin() + 100, order.end());
  Corpus other(0);
  for (const auto row : order) {
    other.ids.push_back(corpus.ids[row]);
    other.patients.push_back(corpus.patients[row]);
    for (std::size_t c = 0; c < 4; ++c) other.labels.push_back(corpus.labels[row * 4 + c]);
  }
  const auto names = [](const Corpus& from, std::uint64_t seed) {
    std::set<std::string> out;
    for (const auto row : LabelledSubsets(from.patients, from.ids, from.labels, seed).rows(.1))
      out.insert(from.ids[static_cast<std::size_t>(row)]);
    return out;
  };
  EXPECT_EQ(names(corpus, 3), names(other, 3));
  EXPECT_NE(names(corpus, 3), names(corpus, 4));
}

TEST(FewShots, HaveKExamplesOfEveryClassAndOfNoneByWholePatients) {
  const Corpus corpus(3000);
  const std::vector<std::string> classes = {"a", "b", "c", "d"};
  Rows before;
  for (const std::int64_t k : {1, 2, 8, 100}) {
    const auto rows = few_shot_rows(corpus.patients, corpus.ids, corpus.labels, classes, k, 0);
    EXPECT_TRUE(std::includes(rows.begin(), rows.end(), before.begin(), before.end())) << "nested in k";
    expect_whole_patients(corpus, rows);
    const auto found = corpus.positives(rows);
    Rows everyone(3000);
    std::iota(everyone.begin(), everyone.end(), 0);
    const auto all = corpus.positives(everyone);
    for (std::size_t c = 0; c < 4; ++c) EXPECT_GE(found[c], std::min(k, all[c]));
    const auto none = std::count_if(rows.begin(), rows.end(), [&](std::int64_t row) {
      const auto first = corpus.labels.begin() + row * 4;
      return std::none_of(first, first + 4, [](auto label) { return label != 0; });
    });
    EXPECT_GE(none, k);
    before = rows;
  }
  EXPECT_NE(few_shot_rows(corpus.patients, corpus.ids, corpus.labels, classes, 4, 0),
            few_shot_rows(corpus.patients, corpus.ids, corpus.labels, classes, 4, 1));
  EXPECT_THROW((void)few_shot_rows(corpus.patients, corpus.ids, corpus.labels, classes, 0, 0), Error);
}

}  // namespace
}  // namespace scar::evaluation
