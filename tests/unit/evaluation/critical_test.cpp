#include "scar/evaluation/critical.h"

#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "scar/core/error.h"
#include "scar/core/hash.h"
#include "scar/evaluation/mask_book.h"
#include "toy_scorer.h"

namespace scar::evaluation {
namespace {

const std::vector<std::string> kClasses = {"one", "two"};

/// Share of a lead's blocks that are still there.
double lead_left(const data::UnitMask& mask, std::int64_t lead) {
  double left = 0;
  for (std::int64_t block = 0; block < mask.grid().blocks; ++block) left += mask.removed(lead, block) ? 0 : 1;
  return left / static_cast<double>(mask.grid().blocks);
}

/// A linear model: lead l weighs 12 - l for label 0, l + 1 for label 1.
double linear(std::int64_t, std::int64_t label, const data::UnitMask& mask) {
  double sum = 0;
  for (std::int64_t lead = 0; lead < 12; ++lead) {
    sum += static_cast<double>(label == 0 ? 12 - lead : lead + 1) * lead_left(mask, lead);
  }
  return sum;
}

/// A number that belongs to (record, mask): no attack can see ahead.
double rough(std::int64_t record, std::int64_t label, const data::UnitMask& mask) {
  return noise(9, record * 2 + label, static_cast<std::int64_t>(xxh3(mask.bitmap().data(), mask.bitmap().size()) >> 1));
}

std::vector<Target> some_targets() { return {{0, 0}, {1, 1}, {2, 0}, {3, 1}, {4, 0}}; }

TEST(Critical, EachGreedyAttackFindsTheBestLeadsOfALinearModel) {
  for (const bool with_saliency : {false, true}) {
    ToyScorer scorer(8, linear, with_saliency);
    AttackOptions options;
    options.rates = {.25, .5, .75, .9};
    const auto results = attack(scorer, some_targets(), toy_ids(8), kClasses, options);
    ASSERT_EQ(results.size(), 5u);
    for (const auto& result : results) {
      const std::vector<std::int64_t> expected = {3, 6, 9, 11};
      for (std::size_t s = 0; s < 4; ++s) {
        const auto& stage = result.stages[s];
        EXPECT_EQ(stage.removed_groups, expected[s]);
        for (std::int64_t lead = 0; lead < 12; ++lead) {
          const bool heavy = result.target.label == 0 ? lead < expected[s] : lead >= 12 - expected[s];
          EXPECT_EQ(stage.mask.removed(lead, 0), heavy) << "lead " << lead << " stage " << s;
        }
        EXPECT_EQ(stage.winner, with_saliency ? Attack::saliency : Attack::leave_one_out);
        EXPECT_EQ(stage.attack_scores[0].has_value(), with_saliency);
        EXPECT_LE(*stage.attack_scores[1], *stage.attack_scores[2]);
      }
    }
  }
}

// T27: every attack removes the same number.
TEST(Critical, MasksOfAllRatesAreNestedAndRemoveEqualNumbers) {
  ToyScorer scorer(8, rough, true);
  for (const auto structure : {Structure::leads, Structure::segments, Structure::tokens}) {
    AttackOptions options;
    options.structure = structure;
    const auto groups = structure == Structure::leads ? 12 : structure == Structure::segments ? 16 : 192;
    const auto results = attack(scorer, some_targets(), toy_ids(8), kClasses, options);
    for (const auto& result : results) {
      for (std::size_t s = 0; s < 3; ++s) {
        const auto& stage = result.stages[s];
        const auto removed = std::lround(options.rates[s] * groups);
        EXPECT_EQ(stage.removed_groups, removed);
        EXPECT_EQ(stage.mask.removed_units(), removed * 192 / groups);
        if (s > 0) {
          EXPECT_TRUE(stage.mask.contains(result.stages[s - 1].mask));
        }
      }
    }
    const auto random = random_book(scorer, some_targets(), toy_ids(8), kClasses, options);
    for (const auto& result : results) {
      for (std::size_t s = 0; s < 3; ++s) {
        EXPECT_EQ(random.masks.at(result.target)[s].removed_units(), result.stages[s].mask.removed_units());
      }
    }
  }
}

TEST(Critical, JointMasksTakeLeadsAndBlocksAndOfEachTheShareThatMakesTheRate) {
  ToyScorer scorer(8, rough, true);
  AttackOptions options;
  options.structure = Structure::joint;
  const auto results = attack(scorer, some_targets(), toy_ids(8), kClasses, options);
  const auto random = random_book(scorer, some_targets(), toy_ids(8), kClasses, options);
  // 1 - sqrt(1 - rate) of 12 leads and 16 blocks: .134, .293, .5.
  const std::vector<std::pair<std::int64_t, std::int64_t>> expected = {{2, 2}, {4, 5}, {6, 8}};
  const auto whole = [](const data::UnitMask& mask) {
    std::int64_t leads = 0, blocks = 0;
    for (std::int64_t lead = 0; lead < 12; ++lead) leads += lead_left(mask, lead) == 0 ? 1 : 0;
    for (std::int64_t block = 0; block < 16; ++block) {
      bool gone = true;
      for (std::int64_t lead = 0; lead < 12; ++lead) gone = gone && mask.removed(lead, block);
      blocks += gone ? 1 : 0;
    }
    return std::pair(leads, blocks);
  };
  for (const auto& result : results) {
    for (std::size_t s = 0; s < 3; ++s) {
      const auto [leads, blocks] = expected[s];
      for (const auto& mask : {result.stages[s].mask, random.masks.at(result.target)[s]}) {
        EXPECT_EQ(whole(mask), expected[s]);
        EXPECT_EQ(mask.removed_units(), 192 - (12 - leads) * (16 - blocks));
      }
      EXPECT_EQ(result.stages[s].removed_groups, leads + blocks);
      if (s > 0) {
        EXPECT_TRUE(result.stages[s].mask.contains(result.stages[s - 1].mask));
      }
    }
  }
}

TEST(Critical, LowestScoreOfAllAttacksWins) {
  ToyScorer scorer(40, rough, true);
  std::vector<Target> targets;
  for (std::int64_t record = 0; record < 40; ++record) targets.push_back({record, record % 2});
  std::set<Attack> winners;
  for (const auto& result : attack(scorer, targets, toy_ids(40), kClasses, {})) {
    for (const auto& stage : result.stages) {
      winners.insert(stage.winner);
      for (const auto& score : stage.attack_scores) EXPECT_LE(stage.score, *score);
      EXPECT_EQ(stage.score, *stage.attack_scores[static_cast<std::size_t>(stage.winner)]);
      EXPECT_EQ(stage.score, rough(result.target.record, result.target.label, stage.mask));
    }
  }
  EXPECT_GE(winners.size(), 2u);
}

TEST(Critical, ResultDoesNotDependOnHowManyTargetsRunTogether) {
  ToyScorer scorer(8, rough, true);
  AttackOptions options;
  options.targets_at_once = 1;
  const auto one = attack(scorer, some_targets(), toy_ids(8), kClasses, options);
  options.targets_at_once = 64;
  const auto all = attack(scorer, some_targets(), toy_ids(8), kClasses, options);
  for (std::size_t i = 0; i < one.size(); ++i) {
    for (std::size_t s = 0; s < 3; ++s) EXPECT_EQ(one[i].stages[s].mask, all[i].stages[s].mask);
  }
}

/// A record of which only two leads are there.
class TwoLeads final : public Scorer {
 public:
  TwoLeads() : grid_(data::unit_grid(400, 100.0, 25)), there_(static_cast<std::size_t>(grid_.units()), 0) {
    for (std::int64_t block = 0; block < grid_.blocks; ++block) {
      there_[static_cast<std::size_t>(1 * grid_.blocks + block)] = 1;
      there_[static_cast<std::size_t>(7 * grid_.blocks + block)] = 1;
    }
  }
  const data::UnitGrid& grid() const override { return grid_; }
  std::int64_t records() const override { return 1; }
  const std::uint8_t* available(std::int64_t) const override { return there_.data(); }
  std::vector<double> score(std::span<const Query> queries) override {
    std::vector<double> out;
    for (const auto& query : queries) out.push_back(lead_left(*query.removed, 7));
    return out;
  }

 private:
  data::UnitGrid grid_;
  std::vector<std::uint8_t> there_;
};

TEST(Critical, BudgetIsOfWhatTheRecordHasAndSomethingStays) {
  TwoLeads scorer;
  const auto results = attack(scorer, {{0, 0}}, {"r"}, {"one"}, {});
  const auto& stages = results.front().stages;
  EXPECT_EQ(stages[0].removed_groups, 1);  // round(.25 * 2 + .5) = 1
  EXPECT_EQ(stages[2].removed_groups, 1);  // not 2: one lead stays
  EXPECT_TRUE(stages[2].mask.removed(7, 0));
  EXPECT_FALSE(stages[2].mask.removed(1, 0));
  EXPECT_TRUE(scorer.visible_under(0, stages[2].mask));
}

TEST(Critical, UnknownStructureIsAUsageError) {
  EXPECT_EQ(parse_structure("leads"), Structure::leads);
  try {
    (void)parse_structure("lead");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), 2);
  }
}

}  // namespace
}  // namespace scar::evaluation
