#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <filesystem>

#include "scar/objective/contrastive.h"
#include "scar/objective/removal_terms.h"
#include "scar/objective/selection.h"
#include "scar/objective/terms.h"
#include "scar/tensor/safetensors.h"

namespace scar::objective {
namespace {

const auto kDouble = at::TensorOptions().dtype(at::kDouble);

const tensor::NamedTensors& reference() {
  static const auto tensors =
      tensor::load_safetensors(std::filesystem::path(SCAR_FIXTURES) / "objective.safetensors").tensors;
  return tensors;
}

double difference(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); }

at::Tensor leaf(const std::string& name) { return reference().at(name).clone().requires_grad_(true); }

TEST(Contrastive, EqualsTheReferenceWithItsGradients) {
  const auto ecg = leaf("contrastive.ecg"), text = leaf("contrastive.text"), scale = leaf("contrastive.logit_scale");
  const PairTargets targets{.positive = reference().at("contrastive.positive"),
                            .excluded = reference().at("contrastive.excluded")};
  const auto rows = contrastive_rows({.ecg = ecg, .text = text, .logit_scale = scale}, targets);
  EXPECT_LT(difference(rows, reference().at("contrastive.rows")), 1e-12);
  rows.mean().backward();
  EXPECT_LT(difference(ecg.grad(), reference().at("contrastive.ecg.grad")), 1e-12);
  EXPECT_LT(difference(text.grad(), reference().at("contrastive.text.grad")), 1e-12);
  EXPECT_LT(difference(scale.grad(), reference().at("contrastive.logit_scale.grad")), 1e-12);
}

TEST(Contrastive, EqualFeaturesCostLogOfBatch) {
  // Nobody stands out among 8 candidates, so both directions are uniform: -log(1/8). The scale must cancel.
  const auto row = at::ones({8, 16}, kDouble) / 4.0;  // unit length
  const PairFeatures pairs{.ecg = row, .text = row, .logit_scale = at::scalar_tensor(2.0, kDouble)};
  EXPECT_NEAR(contrastive(pairs, {}).item<double>(), std::log(8.0), 1e-12);
}

TEST(Contrastive, AnExcludedPairIsNeitherMatchNorMismatch) {
  auto ecg = at::eye(4, kDouble), text = at::eye(4, kDouble);
  PairTargets targets{.positive = at::eye(4, at::kBool), .excluded = at::zeros({4, 4}, at::kBool)};
  targets.excluded[0][1] = targets.excluded[1][0] = true;
  const auto scale = at::scalar_tensor(1.0, kDouble);
  const auto before = contrastive_rows({.ecg = ecg, .text = text, .logit_scale = scale}, targets);
  text[1].copy_(text[0]);  // would be a hard negative for row 0, if it counted
  ecg[1].copy_(ecg[0]);
  const auto after = contrastive_rows({.ecg = ecg, .text = text, .logit_scale = scale}, targets);
  EXPECT_NEAR(after[0].item<double>(), before[0].item<double>(), 1e-12);
}

TEST(Contrastive, IdentityFeaturesRetrieveEverythingAndConstantOnesHardlyAnything) {
  const auto eye = at::eye(16, kDouble);
  const auto scale = at::scalar_tensor(3.0, kDouble);
  EXPECT_EQ(matched_share({.ecg = eye, .text = eye, .logit_scale = scale}, {}).item<double>(), 1.0);
  const auto same = at::ones({16, 4}, kDouble) / 2.0;
  EXPECT_LE(matched_share({.ecg = same, .text = same, .logit_scale = scale}, {}).item<double>(), 1.0 / 16 + 1e-9);
}

class SelectionTargets : public ::testing::TestWithParam<std::pair<const char*, SelectorTarget>> {};

TEST_P(SelectionTargets, EqualTheReferenceWithItsGradients) {
  const auto [name, target] = GetParam();
  const auto valid = reference().at("selection.valid");
  const auto scores = leaf("selection.scores");
  const auto log_w =
      at::log_softmax(scores.masked_fill(valid.logical_not(), -INFINITY), 1).masked_fill(valid.logical_not(), 0.0);
  const auto rows = selection_rows(
      {.log_weights = log_w, .similarity = reference().at("selection.similarity"), .valid = valid}, target, 0.3);
  EXPECT_LT(difference(rows, reference().at(std::string("selection.") + name + ".rows")), 1e-12);
  rows.sum().backward();
  EXPECT_LT(difference(scores.grad(), reference().at(std::string("selection.") + name + ".grad")), 1e-12);
}
INSTANTIATE_TEST_SUITE_P(All, SelectionTargets,
                         ::testing::Values(std::pair{"reweight", SelectorTarget::reweight},
                                           std::pair{"masked", SelectorTarget::masked},
                                           std::pair{"clean", SelectorTarget::clean}));

TEST(Selection, ReweightingByEqualSimilarityAsksForNothing) {
  const auto log_w = at::log_softmax(at::arange(6, kDouble).view({1, 6}) * 0.1, 1);
  const auto rows = selection_rows(
      {.log_weights = log_w, .similarity = at::full({1, 6}, 0.4, kDouble), .valid = at::ones({1, 6}, at::kBool)},
      SelectorTarget::reweight, 0.3);
  EXPECT_NEAR(rows.item<double>(), 0.0, 1e-12);
}

TEST(RemovalTerms, EntropyIsOneWhenSpreadAndZeroOnOneLead) {
  const auto spread = at::full({4, 24}, 0.5, kDouble);
  EXPECT_NEAR(removal_entropy(spread, 12).leads.item<double>(), 1.0, 1e-9);
  EXPECT_NEAR(removal_entropy(spread, 12).time.item<double>(), 1.0, 1e-9);
  auto one = at::zeros({4, 24}, kDouble);
  one.narrow(1, 6, 2).fill_(1.0);  // lead 3, both patches
  EXPECT_NEAR(removal_entropy(one, 12).leads.item<double>(), 0.0, 1e-9);
  EXPECT_NEAR(removal_entropy(one, 12).time.item<double>(), 1.0, 1e-9);
  EXPECT_NEAR(removal_entropy(at::zeros({4, 24}, kDouble), 12).leads.item<double>(), 1.0, 1e-9)
      << "nothing removed: no fixed place";
}

TEST(RemovalTerms, RoughnessCountsJumpsBetweenVisibleNeighbours) {
  auto removal = at::zeros({1, 48}, kDouble);  // 12 leads of 4 patches
  removal[0][1] = 1.0;                         // 0 1 0 0: two jumps of three
  const auto all = at::ones({1, 48}, at::kBool);
  EXPECT_NEAR(roughness(removal, all, 12).item<double>(), 2.0 / 36, 1e-12);
  auto hidden = all.clone();
  hidden[0][2] = false;  // one of the jumps goes to a token that is not there
  EXPECT_NEAR(roughness(removal, hidden, 12).item<double>(), 1.0 / 34, 1e-12);
}

TEST(RemovalTerms, IndecisionIsOneAtOneHalf) {
  const auto visible = at::ones({2, 12}, at::kBool);
  EXPECT_NEAR(indecision(at::full({2, 12}, 0.5, kDouble), visible).item<double>(), 1.0, 1e-12);
  EXPECT_NEAR(indecision(at::ones({2, 12}, kDouble), visible).item<double>(), 0.0, 1e-12);
}

TEST(Terms, TotalIsTheWeightedSum) {
  Terms terms;
  terms.summed.push_back({"a", at::scalar_tensor(2.0, kDouble), 1.0});
  terms.summed.push_back({"b", at::scalar_tensor(3.0, kDouble), 0.5});
  EXPECT_DOUBLE_EQ(terms.total().item<double>(), 3.5);
}

TEST(Terms, ConsistencyGivesTheCleanSideNoGradient) {
  const auto masked = (at::ones({2, 4}, kDouble) / 2.0).requires_grad_(true);
  const auto clean = (at::ones({2, 4}, kDouble) / 2.0).requires_grad_(true);
  const auto rows = consistency_rows(masked, clean);
  EXPECT_NEAR(rows.max().item<double>(), 0.0, 1e-12);
  rows.sum().backward();
  EXPECT_TRUE(masked.grad().defined());
  EXPECT_FALSE(clean.grad().defined());
}

}  // namespace
}  // namespace scar::objective
