#include "scar/evaluation/removal_curves.h"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "scar/core/random.h"
#include "scar/data/masks.h"
#include "scar/evaluation/curve_results.h"
#include "scar/evaluation/encoder_scorer.h"
#include "scar/evaluation/token_measures.h"
#include "synthetic_model.h"

namespace scar::evaluation {
namespace {

constexpr std::int64_t kRecords = 12, kTokens = 60;

double worth(std::int64_t record, std::int64_t token) {
  CounterRandom random(3, "worth", static_cast<std::uint64_t>(record), static_cast<std::uint64_t>(token));
  return random.uniform();
}

/// The score is the sum of what the kept tokens are worth.
class Additive final : public Scorer {
 public:
  const data::UnitGrid& grid() const override { return grid_; }
  std::int64_t records() const override { return kRecords; }
  const std::uint8_t* available(std::int64_t) const override { return available_.data(); }
  std::vector<double> score(std::span<const Query> queries) override {
    std::vector<double> out;
    for (const auto& query : queries) {
      double sum = 0;
      for (std::int64_t token = 0; token < kTokens; ++token) {
        if (query.kept[token] != 0) sum += worth(query.record, token);
      }
      out.push_back(sum);
      ++asked;
    }
    return out;
  }
  std::int64_t asked = 0;

 private:
  data::UnitGrid grid_ = data::unit_grid(400, 100.0, 25);
  std::vector<std::uint8_t> available_ = std::vector<std::uint8_t>(192, 1);
};

/// Measures: what tokens are worth, the contrary, and a constant. Record 3 lacks some tokens.
std::vector<CurvePair> some_pairs() {
  std::vector<CurvePair> pairs;
  for (std::int64_t record = 0; record < kRecords; ++record) {
    CurvePair pair;
    pair.target = {record, record % 2};
    pair.id = "r" + std::to_string(record);
    pair.patient = "p" + std::to_string(record / 2);
    pair.visible.assign(kTokens, 1);
    if (record == 3) std::fill_n(pair.visible.begin(), 20, std::uint8_t{0});
    std::vector<double> good, bad;
    for (std::int64_t token = 0; token < kTokens; ++token) {
      good.push_back(worth(record, token));
      bad.push_back(-good.back());
    }
    pair.measures = {good, bad, std::vector<double>(kTokens, .25)};
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

TEST(RemovalCurves, FollowTheOrderOfTheMeasure) {
  Additive scorer;
  const auto pairs = some_pairs();
  const auto curves = removal_curves(scorer, pairs, {});
  ASSERT_EQ(curves.size(), pairs.size());
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    std::vector<double> sorted;
    for (std::int64_t token = 0; token < kTokens; ++token) {
      if (pairs[p].visible[static_cast<std::size_t>(token)] != 0)
        sorted.push_back(pairs[p].measures[0][static_cast<std::size_t>(token)]);
    }
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t point = 0; point < kCurveShares.size(); ++point) {
      const auto left =
          sorted.size() - static_cast<std::size_t>(kCurveShares[point] * static_cast<double>(sorted.size()) + .5);
      const double lowest = std::accumulate(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(left), 0.0);
      const double highest = std::accumulate(sorted.rbegin(), sorted.rbegin() + static_cast<std::ptrdiff_t>(left), 0.0);
      EXPECT_NEAR(curves[p].measures[0].deletion[point], lowest, 1e-9);
      EXPECT_NEAR(curves[p].measures[0].insertion[point], highest, 1e-9);
      EXPECT_NEAR(curves[p].measures[1].deletion[point], highest, 1e-9);  // the contrary order
      EXPECT_NEAR(curves[p].measures[1].insertion[point], lowest, 1e-9);
    }
  }
}

TEST(RemovalCurves, OrderOfTheTrueContributionsBeatsRandomAndItsContraryDoesNot) {
  Additive scorer;
  const auto pairs = some_pairs();
  const auto study =
      study_curves({"one", "two", "none"}, {"good", "bad", "constant"}, pairs, removal_curves(scorer, pairs, {}), {});
  EXPECT_TRUE(study.beats_random(0, false));
  EXPECT_TRUE(study.beats_random(0, true));
  EXPECT_FALSE(study.beats_random(1, false));
  EXPECT_FALSE(study.beats_random(1, true));
  EXPECT_LT(*study.deletion.measures[0].difference, 0);
  EXPECT_GT(*study.insertion.measures[0].difference, 0);
  EXPECT_EQ(study.classes[0].pairs + study.classes[1].pairs, kRecords);
  EXPECT_FALSE(study.classes[2].deletion.random);
  EXPECT_NEAR(*study.deletion.random, (*study.classes[0].deletion.random + *study.classes[1].deletion.random) / 2,
              1e-12);
  EXPECT_NEAR(curve_area(study.curves[0].deletion), *study.deletion.measures[0].area, 1e-12);
}

TEST(RemovalCurves, AMeasureThatTellsNothingApartIsExactlyRandom) {
  Additive scorer;
  const auto pairs = some_pairs();
  const auto curves = removal_curves(scorer, pairs, {});
  for (const auto& pair : curves) {
    EXPECT_EQ(pair.measures[2].deletion, pair.random.deletion);
    EXPECT_EQ(pair.measures[2].insertion, pair.random.insertion);
  }
  const auto study = study_curves({"one", "two"}, {"good", "bad", "constant"}, pairs, curves, {});
  EXPECT_EQ(*study.deletion.measures[2].difference, 0);
  EXPECT_EQ(study.deletion.measures[2].interval->high, 0);
  EXPECT_FALSE(study.beats_random(2, false));
  EXPECT_FALSE(study.beats_random(2, true));
}

TEST(RemovalCurves, EachSetOfTokensIsAskedForOnce) {
  Additive scorer;
  CurveOptions options;
  options.random_orders = 3;
  auto pairs = some_pairs();
  pairs.resize(1);
  (void)removal_curves(scorer, pairs, options);
  // Three random orders, which the constant shares, and two of the other measures, each the contrary's reverse.
  EXPECT_EQ(scorer.asked, 1 + (3 + 2) * 11);
}

TEST(RemovalCurves, DoNotDependOnHowManyPairsAreAskedAtOnce) {
  Additive scorer;
  CurveOptions one, many;
  one.pairs_at_once = 1;
  const auto pairs = some_pairs();
  const auto a = removal_curves(scorer, pairs, one), b = removal_curves(scorer, pairs, many);
  for (std::size_t p = 0; p < pairs.size(); ++p) EXPECT_EQ(a[p].measures[0].deletion, b[p].measures[0].deletion);
}

TEST(RemovalCurves, AreaIsTheMeanOfAStraightLine) {
  std::array<double, kCurveShares.size()> line{};
  for (std::size_t point = 0; point < line.size(); ++point) line[point] = 2 - kCurveShares[point];
  EXPECT_NEAR(curve_area(line), 2 - .95 / 2, 1e-12);
  line.fill(.3);
  EXPECT_NEAR(curve_area(line), .3, 1e-12);
}

using Curves = SyntheticModel;

TEST_F(Curves, OfAModelBeginWithTheWholeRecordAndSaliencyKnowsTheLabel) {
  auto model = make_model();
  const auto targets = classes_.narrow(0, 1, 1);
  std::vector<CurvePair> pairs;
  for_each_token_batch(model, store_, records_, {}, [&](std::int64_t first, const model::Tokens& tokens) {
    const auto measures = measure_tokens(model, tokens, targets.expand({tokens.z.size(0), 8}), false);
    const auto slope = measures.saliency.to(at::kDouble).contiguous();
    for (std::int64_t i = 0; i < 20 && first == 0; ++i) {
      CurvePair pair;
      pair.target = {i, 1};
      pair.id = store_.id(i);
      pair.patient = store_.patient(i);
      pair.visible.assign(96, 1);
      pair.measures = {{slope[i].data_ptr<double>(), slope[i].data_ptr<double>() + 96}};
      pairs.push_back(std::move(pair));
    }
  });
  EncoderScorer scorer(model, store_, records_, classes_, {});
  const auto curves = removal_curves(scorer, pairs, {});
  std::vector<Query> whole;
  for (const auto& pair : pairs) whole.push_back({pair.target.record, pair.target.label, nullptr});
  const auto scores = scorer.score(whole);
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    EXPECT_NEAR(curves[p].random.deletion[0], scores[p], 1e-6);
    EXPECT_NEAR(curves[p].measures[0].insertion[0], scores[p], 1e-6);
  }
  const auto study = study_curves({"zero", "one"}, {"saliency"}, pairs, curves, {});
  EXPECT_TRUE(study.beats_random(0, false)) << curves_table(study, false);
  EXPECT_TRUE(study.beats_random(0, true)) << curves_table(study, true);
}

}  // namespace
}  // namespace scar::evaluation
