#include <cmath>

#include "scar/model/removal.h"
#include "scar/tensor/operators.h"
#include "small_model.h"

namespace scar::model {
namespace {

constexpr Structure kStructures[] = {Structure::free, Structure::lead, Structure::segment};

std::int64_t expected_units(std::int64_t present, double share, std::int64_t spare) {
  const auto wanted = static_cast<std::int64_t>(std::floor(share * static_cast<double>(present) + 0.5));
  return std::max<std::int64_t>(std::min(wanted, present - spare), 0);
}

at::Tensor unit_present(const at::Tensor& visible, Structure structure) {
  if (structure == Structure::free) return visible;
  return visible.view({visible.size(0), kLeads, -1}).any(structure == Structure::lead ? 2 : 1);
}

TEST(Removal, BudgetHoldsExactly) {
  // Every structure, share, temperature and visibility pattern, with and without noise.
  Random random(1);
  const std::int64_t batch = 8;
  for (const double visible_share : {1.0, 0.6, 0.15, 0.02, 0.0}) {
    const auto visible = random.chance({batch, kTokens}, visible_share);
    const auto logits = random.normal({batch, kTokens}) * 4;
    for (const auto structure : kStructures) {
      const auto present = unit_present(visible, structure).sum(1);
      for (const double share : {0.01, 0.1, 0.25, 1.0 / 3, 0.5, 0.75, 0.9, 0.999}) {
        for (const double temperature : {1.0, 0.3, 0.02}) {
          const auto removal = remove(logits, visible, share, structure, temperature, 3, NoiseKey{1, 2, 3, 0});
          const auto kept_units = unit_present(removal.hard, structure).sum(1);
          for (std::int64_t b = 0; b < batch; ++b) {
            const auto n = present[b].item<std::int64_t>();
            const auto k = expected_units(n, share, structure == Structure::free ? 3 : 1);
            EXPECT_EQ(removal.units[b].item<std::int64_t>(), k);
            EXPECT_EQ(kept_units[b].item<std::int64_t>(), n - k) << structure_name(structure) << " " << share;
          }
          EXPECT_TRUE(removal.count.equal(visible.sum(1) - removal.hard.sum(1)));
          EXPECT_LT(removal.budget_error.max().item<double>(), 1e-3) << structure_name(structure) << " " << temperature;
          // Kept is 1, removed and absent are 0, to the last bit.
          EXPECT_TRUE(removal.keep.equal(removal.hard.to(at::kFloat)));
          EXPECT_FALSE(removal.hard.logical_and(visible.logical_not()).any().item<bool>());
          EXPECT_TRUE(removal.soft.isfinite().all().item<bool>());
        }
      }
    }
  }
}

TEST(Removal, WholeLeadsAndWholeSegmentsVanish) {
  const auto visible = at::ones({16, kTokens}, at::kBool);
  for (const auto structure : {Structure::lead, Structure::segment}) {
    const auto kept =
        remove(at::zeros({16, kTokens}), visible, 0.5, structure, 1, 1, NoiseKey{7}).hard.view({16, kLeads, kPatches});
    const std::int64_t along = structure == Structure::lead ? 2 : 1;
    EXPECT_TRUE(kept.any(along).equal(kept.all(along)));
    EXPECT_TRUE(kept.any(along).sum(1).equal(at::full({16}, structure == Structure::lead ? 6 : 2, at::kLong)));
  }
}

TEST(Removal, TheLargestLogitsGoAndTiesGoByIndex) {
  auto logits = at::zeros({1, kTokens});
  logits[0][40] = 2;
  const auto hard =
      remove(logits, at::ones({1, kTokens}, at::kBool), 3.0 / kTokens, Structure::free, 0.5, 1, {}).hard[0];
  auto expected = at::ones({kTokens}, at::kBool);
  for (const std::int64_t i : {0, 1, 40}) expected[i] = false;
  EXPECT_TRUE(hard.equal(expected));
}

TEST(Removal, AShareOfZeroRemovesNothing) {
  const auto visible = Random(2).chance({3, kTokens}, 0.5);
  const auto removal = remove(Random(3).normal({3, kTokens}), visible, 0, Structure::lead, 1, 1, NoiseKey{1});
  EXPECT_TRUE(removal.hard.equal(visible));
  EXPECT_EQ(removal.count.sum().item<std::int64_t>(), 0);
  EXPECT_EQ(removal.soft.sum().item<double>(), 0);
}

TEST(Removal, NoiseIsAFunctionOfItsKeyAndOfThePositionInTheWholeBatch) {
  const auto zeros = at::zeros({8, kTokens});
  const auto visible = at::ones({8, kTokens}, at::kBool);
  const auto draw = [&](const at::Tensor& logits, NoiseKey key) {
    return remove(logits, visible.narrow(0, 0, logits.size(0)), 0.5, Structure::free, 1, 1, key).hard;
  };
  const auto whole = draw(zeros, {5, 6, 7, 0});
  EXPECT_TRUE(draw(zeros, {5, 6, 7, 0}).equal(whole));
  EXPECT_TRUE(draw(zeros.narrow(0, 0, 3), {5, 6, 7, 5}).equal(whole.narrow(0, 5, 3)));
  EXPECT_FALSE(draw(zeros, {4, 6, 7, 0}).equal(whole));
  EXPECT_FALSE(draw(zeros, {5, 7, 7, 0}).equal(whole));
  EXPECT_FALSE(draw(zeros, {5, 6, 8, 0}).equal(whole));
}

TEST(Removal, ZeroLogitsWithNoiseRemoveEveryTokenEquallyOften) {
  const std::int64_t batch = 4000;
  const auto hard = remove(at::zeros({batch, kTokens}), at::ones({batch, kTokens}, at::kBool), 0.25, Structure::free, 1,
                           1, NoiseKey{3})
                        .hard;
  const auto share = 1 - hard.to(at::kDouble).mean(0);
  // Deviation of a share of .25 over 4000 draws: .0068; five of them.
  EXPECT_LT((share - 0.25).abs().max().item<double>(), 0.035);
}

TEST(Removal, GradientOfTheSoftRemovalEqualsFiniteDifferences) {
  Random random(4);
  const auto visible = random.chance({3, kTokens}, 0.8);
  const auto logits = (random.normal({3, kTokens}) * 2).to(at::kDouble);
  const auto mix = random.normal({3, kTokens}).to(at::kDouble);
  for (const auto structure : kStructures) {
    for (const double temperature : {1.0, 0.3}) {
      const auto loss = [&](const at::Tensor& a) {
        return (remove(a, visible, 0.5, structure, temperature, 1, NoiseKey{9}).soft * mix).sum();
      };
      EXPECT_LT(gradient_error(loss, logits, 1e-5), 1e-6) << structure_name(structure) << " " << temperature;
    }
  }
}

TEST(Removal, StraightThroughGradientIsThatOfTheSoftRemoval) {
  Random random(5);
  const auto visible = at::ones({2, kTokens}, at::kBool);
  const auto mix = random.normal({2, kTokens});
  const auto start = random.normal({2, kTokens});
  auto a = start.clone().requires_grad_(), b = start.clone().requires_grad_();
  (remove(a, visible, 0.5, Structure::free, 0.5, 1, {}).keep * mix).sum().backward();
  (remove(b, visible, 0.5, Structure::free, 0.5, 1, {}).soft * -mix).sum().backward();
  EXPECT_LT(largest_difference(a.grad(), b.grad()), 1e-6);
  // The budget is fixed: raising all logits together changes nothing.
  EXPECT_LT(a.grad().sum(1).abs().max().item<double>(), 1e-5);
}

TEST(Removal, GradientsAreFiniteWhereNothingCanBeRemoved) {
  auto visible = at::zeros({3, kTokens}, at::kBool);
  visible[1][0] = true;  // one token: nothing to spare
  visible[2] = true;
  for (const auto structure : kStructures) {
    auto logits = Random(6).normal({3, kTokens}).requires_grad_();
    remove(logits, visible, 0.5, structure, 0.3, 1, NoiseKey{1}).keep.square().sum().backward();
    EXPECT_TRUE(logits.grad().isfinite().all().item<bool>());
    EXPECT_EQ(logits.grad().narrow(0, 0, 2).abs().sum().item<double>(), 0);
  }
}

}  // namespace
}  // namespace scar::model
