// Attention with keep weights: value, equality with the gathered pass, and its gradient (invariant M1).
#include <cmath>

#include "attention.h"
#include "small_model.h"

namespace scar::model {
namespace {

TEST(Dense, EqualsGatheredForHardMasks) {
  const at::NoGradGuard no_grad;
  for (const char* kind : {"selector", "mean", "cls", "attention"}) {
    auto options = small_options();
    options.selector.kind = kind;
    const auto model = small_model(options);
    const auto tokens = model->ecg->embed(random_input(5, 1, 0.8));
    for (const double share : {1.0, 0.5, 0.1}) {
      auto keep = Random(2).chance({5, kTokens}, share);
      keep.select(1, 0).fill_(true);
      const auto gathered = model->ecg->encode(tokens, keep);
      const auto dense = model->ecg->encode_dense(tokens, keep.to(at::kFloat));
      EXPECT_LT(largest_difference(gathered.embedding, dense.embedding), 1e-6) << kind << " " << share;
      EXPECT_TRUE(dense.valid.equal(keep.logical_and(tokens.visible)));
    }
  }
}

TEST(Dense, SurvivesLogitsThatFloatCannotExponentiate) {
  // The kept key is 200 below the removed one: softmax times keep would be 0 / 0.
  const auto logits = at::tensor({200.0f, 0.0f, -1.0f}).view({1, 3});
  auto keep = at::tensor({0.0f, 1.0f, 1.0f}).view({1, 3}).requires_grad_();
  const auto weights = keep_weighted_softmax(logits, keep);
  EXPECT_EQ(weights[0][0].item<float>(), 0);
  EXPECT_NEAR(weights[0][1].item<double>(), 1 / (1 + std::exp(-1.0)), 1e-6);
  weights[0][1].backward();
  EXPECT_TRUE(keep.grad().isfinite().all().item<bool>());
}

TEST(Dense, GradientEqualsFiniteDifferencesAlsoAtZero) {
  Random random(3);
  const auto q = random.normal({2, 2, 5, 4}).to(at::kDouble), k = random.normal({2, 2, 5, 4}).to(at::kDouble),
             v = random.normal({2, 2, 5, 4}).to(at::kDouble), mix = random.normal({2, 2, 5, 4}).to(at::kDouble);
  const auto keep = at::tensor({0.0, 0.3, 1.0, 0.0, 0.7, 1.0, 0.0, 1.0, 1e-3, 0.5}, at::kDouble).view({2, 5});
  const auto loss = [&](const at::Tensor& x) { return (keep_weighted_attention(q, k, v, x) * mix).sum(); };
  // The differences step to negative keep weights too, where the formula goes on smoothly as long as M does not change.
  const auto fixed = [&](const at::Tensor& x) {
    const auto s = at::matmul(q * 0.5, k.transpose(-2, -1));
    const auto u = (s - s.amax(-1, true)).exp() * x.unsqueeze(1).unsqueeze(1);
    return (at::matmul(u / u.sum(-1, true), v) * mix).sum();
  };
  EXPECT_LT(gradient_error(fixed, keep), 1e-7);
  auto a = keep.clone().requires_grad_(), b = keep.clone().requires_grad_();
  loss(a).backward();
  fixed(b).backward();
  EXPECT_LT(largest_difference(a.grad(), b.grad()), 1e-10);
  EXPECT_GT(a.grad()[0][0].abs().item<double>(), 1e-4) << "a removed token must feel what it would change";
  const auto q_loss = [&](const at::Tensor& x) { return (keep_weighted_attention(x, k, v, keep) * mix).sum(); };
  EXPECT_LT(gradient_error(q_loss, q), 1e-7);
}

TEST(Dense, WholeEncoderGradientEqualsFiniteDifferences) {
  for (const char* kind : {"selector", "attention"}) {
    auto options = small_options();
    options.selector.kind = kind;
    const auto model = small_model(options);
    model->to(at::kDouble);
    auto input = random_input(2, 4, 0.9);
    input.signal = input.signal.to(at::kDouble);
    auto tokens = model->ecg->embed(input);
    tokens.z = tokens.z.detach();
    Random random(5);
    const auto mix = random.normal({2, kEmbedding}).to(at::kDouble);
    // A step of 1e-6 either way around 1e-5 stays positive and is, for the derivative, zero.
    auto keep = random.uniform({2, kTokens}).to(at::kDouble);
    keep = at::where(keep < 0.4, at::full_like(keep, 1e-5), keep);
    const auto loss = [&](const at::Tensor& x) { return (model->ecg->encode_dense(tokens, x).embedding * mix).sum(); };
    EXPECT_LT(gradient_error(loss, keep), 1e-6) << kind;

    // At 0 exactly: one-sided, from the formula's continuation to the right.
    const auto zeroed = at::where(keep < 1e-4, at::zeros_like(keep), keep);
    auto x = zeroed.clone().requires_grad_();
    loss(x).backward();
    const at::NoGradGuard no_grad;
    const auto largest = x.grad().abs().max().item<double>();
    for (std::int64_t i = 0; i < kTokens; ++i) {
      if (zeroed[0][i].item<double>() != 0) continue;
      const double h = 1e-5;
      auto one = zeroed.clone(), two = zeroed.clone();
      one[0][i] += h;
      two[0][i] += 2 * h;
      const auto slope = ((-3 * loss(zeroed) + 4 * loss(one) - loss(two)) / (2 * h)).item<double>();
      EXPECT_NEAR(x.grad()[0][i].item<double>(), slope, 1e-5 * largest + 1e-9) << kind << " " << i;
    }
  }
}

TEST(Dense, ARecordWithoutKeysIsFinite) {
  const auto model = small_model();
  const auto tokens = model->ecg->embed(random_input(2, 6));
  auto keep = at::ones({2, kTokens});
  keep[1] = 0;
  keep.requires_grad_();
  const auto e = model->ecg->encode_dense(tokens, keep).embedding;
  EXPECT_TRUE(e.isfinite().all().item<bool>());
  e.sum().backward();
  EXPECT_TRUE(keep.grad().isfinite().all().item<bool>());
}

}  // namespace
}  // namespace scar::model
