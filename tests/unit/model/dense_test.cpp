// Attention with keep weights: value, equality with the gathered pass, and its gradient (invariant M1).
#include <cmath>

#include "attention.h"
#include "small_model.h"
#include "softmax_rows.h"

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

/// The formula in plain operations, differentiated by LibTorch. It goes on smoothly to negative keep weights, so
/// central differences work at 0 too.
at::Tensor by_formula(const at::Tensor& qkv, const at::Tensor& keep) {
  const auto parts = qkv.permute({2, 0, 3, 1, 4}).unbind(0);  // [B, H, N, D]
  const auto s = at::matmul(parts[0], parts[1].transpose(-2, -1)) / std::sqrt(static_cast<double>(qkv.size(4)));
  const auto u = (s - s.amax(-1, true)).exp() * keep.unsqueeze(1).unsqueeze(1);
  return at::matmul(u / u.sum(-1, true), parts[2]).transpose(1, 2).flatten(2);
}

TEST(Dense, GradientEqualsFiniteDifferencesAlsoAtZero) {
  Random random(3);
  const auto qkv = random.normal({2, 5, 3, 2, 4}).to(at::kDouble), mix = random.normal({2, 5, 8}).to(at::kDouble);
  const auto keep = at::tensor({0.0, 0.3, 1.0, 0.0, 0.7, 1.0, 0.0, 1.0, 1e-3, 0.5}, at::kDouble).view({2, 5});
  EXPECT_LT(gradient_error([&](const at::Tensor& x) { return (by_formula(qkv, x) * mix).sum(); }, keep), 1e-7);
  auto a = keep.clone().requires_grad_(), b = keep.clone().requires_grad_();
  EXPECT_LT(largest_difference(keep_weighted_attention(qkv, a), by_formula(qkv, b)), 1e-12);
  (keep_weighted_attention(qkv, a) * mix).sum().backward();
  (by_formula(qkv, b) * mix).sum().backward();
  EXPECT_LT(largest_difference(a.grad(), b.grad()), 1e-12);
  EXPECT_GT(a.grad()[0][0].abs().item<double>(), 1e-4) << "a removed token must feel what it would change";
  EXPECT_LT(gradient_error([&](const at::Tensor& x) { return (keep_weighted_attention(x, keep) * mix).sum(); }, qkv),
            1e-7);
}

TEST(Dense, PlainAttentionInBf16IsThatOfFloatWithinItsBits) {
  // The explicit kernel of the CPU, with and without invisible keys, value and gradient.
  Random random(8);
  const auto start = random.normal({3, 9, 3, 2, 8}), mix = random.normal({3, 9, 16});
  for (const bool padded : {false, true}) {
    at::Tensor valid;
    if (padded) valid = random.chance({3, 9}, 0.6).index_fill(1, at::tensor({0}, at::kLong), true);
    auto exact = start.clone().requires_grad_(), rough = start.clone().requires_grad_();
    const auto expected = attention(exact, valid), got = attention(rough.to(at::kBFloat16), valid);
    EXPECT_EQ(got.scalar_type(), at::kBFloat16);
    EXPECT_LT(largest_difference(got, expected), 0.05);
    (expected * mix).sum().backward();
    (got.to(at::kFloat) * mix).sum().backward();
    EXPECT_LT(largest_difference(rough.grad(), exact.grad()), 0.1);
    EXPECT_GT(exact.grad().abs().max().item<double>(), 1);
  }
}

TEST(Dense, RowsOfBf16BecomeTheirSoftmaxWhateverTheirLength) {
  Random random(9);
  for (const std::int64_t length : {1, 2, 15, 16, 17, 31, 40, 511, 512}) {
    auto x = (random.normal({3, length}) * 4).to(at::kBFloat16).contiguous();
    auto allowed = random.chance({length}, 0.7).index_fill(0, at::tensor({0}, at::kLong), true);
    const auto bias = at::where(allowed, 0.0, -std::numeric_limits<double>::infinity()).to(at::kFloat).contiguous();
    const auto expected = at::softmax(x.to(at::kDouble) + bias, -1);
    const auto bits = [](const at::Tensor& t) { return reinterpret_cast<std::uint16_t*>(t.data_ptr<at::BFloat16>()); };
    softmax_rows(bits(x), bias.data_ptr<float>(), 3, length);
    EXPECT_TRUE(((x.to(at::kDouble) - expected).abs() <= expected / 250).all().item<bool>()) << length;
    EXPECT_TRUE((x == 0).logical_or(allowed).all().item<bool>()) << "what is not allowed weighs nothing";

    auto g = random.normal({3, length}).to(at::kBFloat16).contiguous();
    const auto w = x.to(at::kDouble), before = g.to(at::kDouble);
    const auto by_logits = w * (before - (w * before).sum(-1, true));
    softmax_rows_backward(bits(g), bits(x), 3, length);
    EXPECT_TRUE(((g.to(at::kDouble) - by_logits).abs() <= by_logits.abs() / 250 + w * 1e-5).all().item<bool>())
        << length;
  }
}

TEST(Dense, ASoftmaxOfNothingNumericalStaysSo) {
  auto x = at::full({1, 20}, std::numeric_limits<float>::quiet_NaN(), at::kBFloat16);
  const std::vector<float> bias(20, 0.0f);
  softmax_rows(reinterpret_cast<std::uint16_t*>(x.data_ptr<at::BFloat16>()), bias.data(), 1, 20);
  EXPECT_TRUE(x.isnan().all().item<bool>()) << "a NaN is found by the check of the loss, not hidden by a weight";
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
