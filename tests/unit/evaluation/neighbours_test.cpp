#include "scar/evaluation/neighbours.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "scar/core/error.h"
#include "scar/core/random.h"

namespace scar::evaluation {
namespace {

ProbePart part(std::int64_t rows, std::uint64_t seed) {
  CounterRandom random(seed, "neighbours");
  ProbePart out;
  std::vector<double> values;
  for (std::int64_t row = 0; row < rows; ++row) {
    std::vector<double> x;
    for (int f = 0; f < 6; ++f) x.push_back(random.normal());
    for (int c = 0; c < 2; ++c)
      out.labels.push_back(x[static_cast<std::size_t>(c)] + .5 * random.normal() > .2 ? 1 : 0);
    values.insert(values.end(), x.begin(), x.end());
  }
  out.features = at::tensor(values, at::kDouble).view({rows, 6});
  return out;
}

/// The definition, one pair at a time.
double direct(const ProbePart& train, const ProbePart& asked, std::int64_t row, std::size_t label, std::int64_t k) {
  std::vector<std::pair<double, double>> near;  // (-cosine, label)
  const auto x = asked.features[row];
  for (std::int64_t i = 0; i < train.rows(); ++i) {
    const auto other = train.features[i];
    const double cosine = ((x * other).sum() / x.norm() / other.norm()).item<double>();
    near.emplace_back(-cosine, train.labels[static_cast<std::size_t>(i) * 2 + label]);
  }
  std::sort(near.begin(), near.end());
  double votes = 0, all = 0;
  for (std::int64_t i = 0; i < k; ++i) {
    const double weight = std::exp((-near[static_cast<std::size_t>(i)].first - 1) / .07);
    votes += weight * near[static_cast<std::size_t>(i)].second;
    all += weight;
  }
  return votes / all;
}

TEST(Neighbours, ScoreIsTheWeightedShareOfPositivesAmongTheNearestWhateverTheChunks) {
  const auto train = part(90, 1), select = part(60, 2), test = part(25, 3);
  for (const std::int64_t chunk : {7, 1000}) {
    NeighbourOptions options;
    options.ks = {11};
    options.query_chunk = options.train_chunk = chunk;
    const auto answer = fit_neighbours(train, select, {"a", "b"}, options).answer(test);
    for (std::int64_t row = 0; row < 25; ++row) {
      for (std::size_t label = 0; label < 2; ++label) {
        EXPECT_NEAR(answer.scores[static_cast<std::size_t>(row) * 2 + label], direct(train, test, row, label, 11),
                    1e-9);
      }
    }
  }
}

TEST(Neighbours, KIsChosenByTheSelectionRowsAmongThoseThatThereAre) {
  const auto train = part(90, 1), select = part(200, 2), test = part(300, 3);
  const auto probe = fit_neighbours(train, select, {"a", "b"});
  EXPECT_EQ(probe.ks, (std::vector<std::int64_t>{1, 2, 5, 10, 20, 50})) << "not more than 90";
  const auto best = std::max_element(probe.selection_auroc.begin(), probe.selection_auroc.end());
  EXPECT_EQ(probe.k, probe.ks[static_cast<std::size_t>(best - probe.selection_auroc.begin())]);
  EXPECT_EQ(score_task(probe.answer(select)).macro_auroc, *best);
  EXPECT_GT(*score_task(probe.answer(test)).macro_auroc, .75);
  EXPECT_EQ(fit_neighbours(rows_of(train, {0, 1, 2}, 2), select, {"a", "b"}, {.ks = {50, 100}}).k, 3);
}

TEST(Neighbours, StandardisedFeaturesDoNotKnowTheirUnits) {
  const auto train = part(90, 1), select = part(60, 2), test = part(25, 3);
  const auto in_other_units = [](ProbePart one) {
    one.features = one.features * at::tensor({1.0, 1e3, 1e-3, 1.0, 7.0, 2.0}, at::kDouble) + 5;
    return one;
  };
  NeighbourOptions options;
  options.ks = {9};
  options.standardise = true;
  const auto a = fit_neighbours(train, select, {"a", "b"}, options).answer(test);
  const auto b =
      fit_neighbours(in_other_units(train), in_other_units(select), {"a", "b"}, options).answer(in_other_units(test));
  for (std::size_t i = 0; i < a.scores.size(); ++i) EXPECT_NEAR(a.scores[i], b.scores[i], 1e-9);
}

}  // namespace
}  // namespace scar::evaluation
