#include "scar/evaluation/probe.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scar/core/error.h"
#include "scar/core/json.h"
#include "scar/core/random.h"

namespace scar::evaluation {
namespace {

at::Tensor matrix(const std::vector<double>& values, std::int64_t columns) {
  return at::tensor(values, at::kDouble).reshape({-1, columns});
}

/// Small products: several threads only wait for each other.
class SingleThread : public ::testing::Environment {
 public:
  void SetUp() override { at::set_num_threads(1); }
};
const auto* const kSingleThread = ::testing::AddGlobalTestEnvironment(new SingleThread);

struct Toy {
  ProbePart part;
  at::Tensor targets;  // [n, labels] double
};
/// Label c is the sign of feature c plus noise of the given deviation.
Toy toy(std::int64_t rows, std::int64_t features, std::int64_t labels, std::uint64_t seed, double noise_deviation) {
  CounterRandom random(seed, "probe toy");
  std::vector<double> x;
  std::vector<std::uint8_t> y;
  for (std::int64_t i = 0; i < rows; ++i) {
    std::vector<double> row;
    for (std::int64_t f = 0; f < features; ++f) row.push_back(random.normal());
    for (std::int64_t c = 0; c < labels; ++c) {
      y.push_back(row[static_cast<std::size_t>(c)] + noise_deviation * random.normal() > .3 ? 1 : 0);
    }
    x.insert(x.end(), row.begin(), row.end());
  }
  Toy out;
  out.part.features = matrix(x, features);
  out.targets = matrix(std::vector<double>(y.begin(), y.end()), labels);
  out.part.labels = std::move(y);
  return out;
}

TEST(Logistic, GradientIsZeroAtTheEndAndTheValueIsTheSmallestAround) {
  const auto data = toy(300, 6, 3, 1, 1.0);
  const double c = .7;
  const auto model = LogisticRegression(data.part.features, data.targets).fit(c, zero_model(6, 3));
  const auto residual = at::sigmoid(model.scores(data.part.features)) - data.targets;
  const auto gradient = at::matmul(data.part.features.t(), residual) + model.weight / c;
  EXPECT_LE(gradient.abs().max().item<double>(), 1e-6 * 300);
  EXPECT_LE(residual.sum(0).abs().max().item<double>(), 1e-6 * 300);
  for (const auto converged : model.converged) EXPECT_EQ(converged, 1);
}

TEST(Logistic, LabelsDoNotInfluenceEachOther) {
  const auto data = toy(200, 5, 4, 2, .5);
  const auto together = LogisticRegression(data.part.features, data.targets).fit(10, zero_model(5, 4));
  for (std::int64_t label = 0; label < 4; ++label) {
    const auto alone =
        LogisticRegression(data.part.features, data.targets.narrow(1, label, 1).contiguous()).fit(10, zero_model(5, 1));
    EXPECT_LE((alone.weight.select(1, 0) - together.weight.select(1, label)).abs().max().item<double>(), 1e-4);
  }
}

TEST(Logistic, WarmStartGivesTheSameAnswer) {
  const auto data = toy(200, 5, 2, 3, .5);
  auto warm = zero_model(5, 2);
  const LogisticRegression regression(data.part.features, data.targets);
  for (const double c : {1e-3, 1e-1, 10.0}) warm = regression.fit(c, warm);
  const auto cold = regression.fit(10, zero_model(5, 2));
  EXPECT_LE((warm.weight - cold.weight).abs().max().item<double>(), 1e-3);
}

TEST(Logistic, LabelWithOneValueKeepsWeightsZero) {
  auto data = toy(100, 4, 2, 4, .5);
  data.targets.select(1, 1).fill_(0);
  auto start = zero_model(4, 2);
  start.weight.fill_(3);
  const auto model = LogisticRegression(data.part.features, data.targets).fit(1, start);
  EXPECT_EQ(model.weight.select(1, 1).abs().max().item<double>(), 0);
  EXPECT_EQ(model.bias[1].item<double>(), 0);
  EXPECT_GT(model.weight.select(1, 0).abs().max().item<double>(), 0);
}

TEST(Logistic, CollinearFeaturesConvergeInFewSteps) {
  // Twelve nearly equal copies of three signals: condition numbers near 1e8, as pooled features have them.
  const auto data = toy(400, 3, 2, 14, .7);
  CounterRandom random(15, "copies");
  std::vector<double> small;
  for (int i = 0; i < 400 * 12; ++i) small.push_back(1e-4 * random.normal());
  const auto features = data.part.features.repeat({1, 4}) + 5 + matrix(small, 12);
  const LogisticRegression regression(features, data.targets);
  auto model = zero_model(12, 2);
  for (const double c : {1e-6, 1e-2, 1.0, 1e3, 1e5}) {
    model = regression.fit(c, model);
    EXPECT_LE(model.iterations, 100) << "C = " << c;
    for (const auto converged : model.converged) EXPECT_EQ(converged, 1) << "C = " << c;
    const auto residual = at::sigmoid(model.scores(features)) - data.targets;
    const auto gradient = at::matmul(features.t(), residual) + model.weight / c;
    EXPECT_LE(gradient.abs().max().item<double>(), 1.01e-6 * 400) << "C = " << c;
  }
}

TEST(Logistic, LabelsThatAreAllButSeparatedAreEndedByNewton) {
  // A rare label that one feature all but separates, beside thirty of very different size that say little.
  CounterRandom random(16, "separated");
  const std::int64_t n = 600, d = 31;
  std::vector<double> x, y;
  for (std::int64_t i = 0; i < n; ++i) {
    const bool positive = i % 100 == 0;
    x.push_back((positive ? 6.0 : 0.0) + random.normal());
    for (std::int64_t j = 1; j < d; ++j) x.push_back(random.normal() * std::pow(10.0, -static_cast<double>(j % 5)));
    y.push_back(positive ? 1 : 0);
  }
  const auto features = matrix(x, d), targets = matrix(y, 1);
  LogisticOptions first_order, newton;
  first_order.max_iterations = newton.newton_after = 5;
  const double c = 1e5;
  EXPECT_EQ(LogisticRegression(features, targets, first_order).fit(c, zero_model(d, 1)).converged[0], 0);
  const auto model = LogisticRegression(features, targets, newton).fit(c, zero_model(d, 1));
  EXPECT_EQ(model.converged[0], 1);
  const auto residual = at::sigmoid(model.scores(features)) - targets;
  const auto gradient = at::matmul(features.t(), residual) + model.weight / c;
  EXPECT_LE(gradient.abs().max().item<double>(), 1.01e-6 * static_cast<double>(n));
  EXPECT_LE(std::abs(residual.sum().item<double>()), 1.01e-6 * static_cast<double>(n));
}

TEST(Logistic, TooFewIterationsAreReported) {
  const auto data = toy(200, 5, 2, 5, .5);
  LogisticOptions options;
  options.max_iterations = 1;
  const auto model = LogisticRegression(data.part.features, data.targets, options).fit(100, zero_model(5, 2));
  EXPECT_EQ(model.converged[0], 0);
}

// Fixture of tests/reference/export_probe.py.
TEST(ProbeReference, AgreesWithScikitLearnInScoresWeightsAndLoss) {
  const auto fixture = read_json(SCAR_TEST_DATA "/evaluation/probe.json", static_cast<int>(Code::data_unreadable));
  const auto features = fixture.at("features").get<std::int64_t>(), labels = fixture.at("labels").get<std::int64_t>();
  const auto raw = matrix(fixture.at("train_x").get<std::vector<double>>(), features);
  const auto test = matrix(fixture.at("test_x").get<std::vector<double>>(), features);
  const auto mean = raw.mean(0, true), deviation = raw.std(0, false, true);
  const auto x = (raw - mean) / deviation;
  const auto y = matrix(fixture.at("train_y").get<std::vector<double>>(), labels);
  const auto test_labels = fixture.at("test_y").get<std::vector<std::uint8_t>>();
  const LogisticRegression regression(x, y);
  auto model = zero_model(features, labels);
  ASSERT_GE(fixture.at("fits").size(), 6u);
  for (const auto& fit : fixture.at("fits")) {
    const double c = fit.at("c").get<double>();
    model = regression.fit(c, model);
    const auto aurocs = column_aurocs(model.scores((test - mean) / deviation), test_labels);
    const auto margin = (2 * y - 1) * model.scores(x);
    const auto loss = (-margin).clamp_min(0) + at::log1p(at::exp(-margin.abs()));
    const auto objective = loss.sum(0) + (model.weight * model.weight).sum(0) / (2 * c);
    for (std::int64_t label = 0; label < labels; ++label) {
      const auto l = static_cast<std::size_t>(label);
      EXPECT_NEAR(*aurocs[l], fit.at("auroc")[l].get<double>(), 1e-4);
      const double theirs = fit.at("objective")[l].get<double>();
      EXPECT_NEAR(objective[label].item<double>(), theirs, 1e-6 * theirs) << "C = " << c;
      EXPECT_NEAR(model.bias[label].item<double>(), fit.at("bias")[l].get<double>(), 2e-3);
      const auto weight = at::tensor(fit.at("weight")[l].get<std::vector<double>>(), at::kDouble);
      EXPECT_LE((model.weight.select(1, label) - weight).abs().max().item<double>(), 2e-3);
    }
  }
}

std::optional<double> macro(const FittedProbe& probe, const ProbePart& part) {
  return score_task(probe.answer(part)).macro_auroc;
}

TEST(Probe, ChoosesCByTheSelectionRows) {
  const auto train = toy(60, 20, 3, 6, .6), select = toy(400, 20, 3, 7, .6), test = toy(400, 20, 3, 8, .6);
  const auto probe = fit_probe(train.part, select.part, {"a", "b", "c"});
  ASSERT_EQ(probe.grid.size(), 45u);
  EXPECT_DOUBLE_EQ(probe.grid.front(), 1e-6);
  EXPECT_DOUBLE_EQ(probe.grid.back(), 1e5);
  double best = 0;
  for (const auto& auroc : probe.selection_auroc) best = std::max(best, *auroc);
  EXPECT_EQ(*macro(probe, select.part), best);
  EXPECT_EQ(probe.c, std::vector<double>(3, probe.c[0]));
  const auto place = std::find(probe.grid.begin(), probe.grid.end(), probe.c[0]) - probe.grid.begin();
  EXPECT_EQ(*probe.selection_auroc[static_cast<std::size_t>(place)], best);
  for (std::ptrdiff_t i = 0; i < place; ++i) EXPECT_LT(*probe.selection_auroc[static_cast<std::size_t>(i)], best);
  EXPECT_LT(probe.c[0], 1e4);  // 60 rows of 20 features: no penalty overfits
  EXPECT_GT(*macro(probe, test.part), .8);
  EXPECT_EQ(probe.unconverged, 0);
}

TEST(Probe, T24NothingIsChosenByTheEvaluatedRows) {
  const auto train = toy(60, 20, 2, 6, .6), select = toy(200, 20, 2, 7, .6), test = toy(200, 20, 2, 8, .6);
  const auto probe = fit_probe(train.part, select.part, {"a", "b"});
  const auto weight = probe.model.weight.clone();
  auto shuffled = test.part;
  std::reverse(shuffled.labels.begin(), shuffled.labels.end());
  const auto before = probe.answer(test.part), after = probe.answer(shuffled);
  EXPECT_EQ(before.scores, after.scores) << "labels have no way into the answers";
  EXPECT_NE(*score_task(before).macro_auroc, *score_task(after).macro_auroc);
  EXPECT_TRUE(at::equal(weight, probe.model.weight));
  const auto again = fit_probe(train.part, select.part, {"a", "b"});
  EXPECT_EQ(again.c, probe.c);
  EXPECT_TRUE(at::equal(again.model.weight, probe.model.weight));
}

TEST(Probe, EachClassMayChooseItsOwnC) {
  // The first class is a clean sign of one feature, the second mostly noise: they want different penalties.
  auto train = toy(80, 20, 2, 21, .1), select = toy(400, 20, 2, 22, .1);
  const auto noisy_train = toy(80, 20, 2, 21, 3), noisy_select = toy(400, 20, 2, 22, 3);
  const auto mix = [](Toy& clean, const Toy& noisy) {
    for (std::size_t i = 1; i < clean.part.labels.size(); i += 2) clean.part.labels[i] = noisy.part.labels[i];
    clean.part.features = noisy.part.features;
  };
  mix(train, noisy_train);
  mix(select, noisy_select);
  const auto shared = fit_probe(train.part, select.part, {"a", "b"});
  const auto own = fit_probe(train.part, select.part, {"a", "b"}, {.grid = {}, .c_per_class = true, .solver = {}});
  const auto a = score_task(own.answer(select.part)), b = score_task(shared.answer(select.part));
  for (std::size_t c = 0; c < 2; ++c) EXPECT_GE(*a.classes[c].auroc, *b.classes[c].auroc);
  EXPECT_GT(*a.macro_auroc, *b.macro_auroc);
  EXPECT_NE(own.c[0], own.c[1]);
  for (std::int64_t label = 0; label < 2; ++label) {
    const auto l = static_cast<std::size_t>(label);
    const auto alone = fit_probe(train.part, select.part, {"a", "b"}, {.grid = {own.c[l]}, .solver = {}});
    EXPECT_LE((alone.model.weight.select(1, label) - own.model.weight.select(1, label)).abs().max().item<double>(),
              1e-3);
  }
}

TEST(Probe, RefitTakesTrainingAndSelectionRowsWithTheSameC) {
  const auto train = toy(60, 8, 2, 23, .6), select = toy(60, 8, 2, 24, .6), test = toy(400, 8, 2, 25, .6);
  const auto probe = fit_probe(train.part, select.part, {"a", "b"});
  const auto again = refit_probe(probe, train.part, select.part);
  EXPECT_EQ(again.c, probe.c);
  const auto both = both_of(train.part, select.part);
  EXPECT_EQ(both.rows(), 120);
  const auto direct = fit_probe(both, test.part, {"a", "b"}, {.grid = {probe.c[0]}, .solver = {}});
  EXPECT_LE((direct.model.weight - again.model.weight).abs().max().item<double>(), 1e-6);
  EXPECT_GT(*macro(again, test.part), .8);
}

// T26: classes that a subset lacks are listed.
TEST(Probe, AbsentClassIsListedAndScoresOneHalf) {
  auto train = toy(80, 6, 2, 9, .5);
  for (std::size_t i = 1; i < train.part.labels.size(); i += 2) train.part.labels[i] = 0;
  const auto select = toy(100, 6, 2, 10, .5), test = toy(100, 6, 2, 11, .5);
  const auto probe = fit_probe(train.part, select.part, {"a", "b"}, {.grid = {.01, 1.0}, .solver = {}});
  EXPECT_EQ(probe.absent, std::vector<std::string>{"b"});
  const auto score = score_task(probe.answer(test.part));
  EXPECT_DOUBLE_EQ(*score.classes[1].auroc, .5);
  EXPECT_EQ(*macro_without(score, probe.absent), *score.classes[0].auroc);
}

TEST(Probe, FeaturesThatAreNotFiniteAreAnError) {
  auto train = toy(40, 3, 1, 12, .5);
  const auto other = toy(40, 3, 1, 13, .5);
  train.part.features[3][1] = std::nan("");
  EXPECT_THROW((void)fit_probe(train.part, other.part, {"a"}), Error);
  EXPECT_THROW((void)fit_probe(other.part, {}, {"a"}), Error);
}

TEST(Probe, StoreWithoutTestFoldsIsEvaluatedOnValidationAndHoldsOutATrainFold) {
  const std::vector<int> train = {1, 2, 3, 4, 5, 6, 7, 8};
  const auto whole = probe_split(train, {9}, {10}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  EXPECT_EQ(whole.train, train);
  EXPECT_EQ(whole.selection, std::vector<int>{9});
  EXPECT_EQ(whole.evaluation, std::vector<int>{10});
  const auto part = probe_split(train, {9}, {10}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  EXPECT_EQ(part.train, (std::vector<int>{1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(part.selection, std::vector<int>{8});
  EXPECT_EQ(part.evaluation, std::vector<int>{9});
  EXPECT_NE(part.rule.find("no test folds"), std::string::npos);
  EXPECT_THROW((void)probe_split(train, {9}, {10}, {1, 9}), Error);
}

}  // namespace
}  // namespace scar::evaluation
