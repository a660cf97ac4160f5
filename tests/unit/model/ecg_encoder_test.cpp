#include <cmath>
#include <limits>

#include "scar/tensor/autocast.h"
#include "small_model.h"

namespace scar::model {
namespace {

const double kNan = std::numeric_limits<double>::quiet_NaN();

at::Tensor embedding(DualEncoder& model, const EcgInput& input, const at::Tensor& keep = {}) {
  return model.ecg->encode(model.ecg->embed(input), keep).embedding;
}

/// Every sample of a token that is not in `kept` [B, 12, P] becomes `value`.
at::Tensor overwrite(const at::Tensor& signal, const at::Tensor& kept, double value) {
  return at::where(kept.repeat_interleave(kPatch, 2), signal, value);
}

// T27: masked is absent; what stood there does not matter. T14: statistics do not see it.
TEST(EcgEncoder, MaskedEqualsAbsent) {
  const at::NoGradGuard no_grad;
  const auto model = small_model();
  const auto input = random_input(6, 1);
  for (const double share : {0.9, 0.5, 0.1}) {
    const auto kept = Random(5).chance({6, kLeads, kPatches}, share).index_fill(2, at::tensor({0}, at::kLong), true);
    const auto masked = embedding(*model, input, kept.flatten(1));
    for (const double value : {0.0, 1e4, kNan, std::numeric_limits<double>::infinity()}) {
      const EcgInput absent{overwrite(input.signal, kept, value), kept, {}};
      const auto e = embedding(*model, absent);
      EXPECT_TRUE(e.isfinite().all().item<bool>());
      EXPECT_LT(largest_difference(e, masked), 1e-6) << share << " " << value;
    }
  }
}

TEST(EcgEncoder, GradientsOfAbsentSamplesAreFinite) {
  // 0 * NaN is NaN in the backward pass too.
  const auto model = small_model();
  auto input = random_input(3, 2, 0.5);
  input.signal = overwrite(input.signal, input.visible, kNan);
  embedding(*model, input).sum().backward();
  for (const auto& item : model->ecg->named_parameters()) {
    if (item.value().grad().defined()) {
      EXPECT_TRUE(item.value().grad().isfinite().all().item<bool>()) << item.key();
    }
  }
}

TEST(EcgEncoder, ThreeLeadsEqualTwelveWithNineInvisible) {
  const at::NoGradGuard no_grad;
  const auto model = small_model();
  auto twelve = random_input(4, 3);
  const auto leads = at::tensor({0, 1, 7}, at::kLong);
  twelve.visible = at::zeros_like(twelve.visible).index_fill(1, leads, true);
  const EcgInput three{twelve.signal.index_select(1, leads), twelve.visible.index_select(1, leads), {0, 1, 7}};
  EXPECT_LT(largest_difference(embedding(*model, three), embedding(*model, twelve)), 1e-6);
}

TEST(EcgEncoder, AShortRecordEqualsALongOneWithAnAbsentTail) {
  const at::NoGradGuard no_grad;
  const auto model = small_model();
  auto whole = random_input(2, 4);
  whole.visible.narrow(2, 3, 1).fill_(false);
  const EcgInput cut{
      whole.signal.narrow(2, 0, 3 * kPatch).contiguous(), whole.visible.narrow(2, 0, 3).contiguous(), {}};
  EXPECT_LT(largest_difference(embedding(*model, cut), embedding(*model, whole)), 1e-6);
}

TEST(EcgEncoder, BatchMatesDoNotMatter) {
  const at::NoGradGuard no_grad;
  const auto model = small_model();
  const auto input = random_input(64, 5, 0.7);
  const auto keep = Random(6).chance({64, kTokens}, 0.6);
  const auto all = embedding(*model, input, keep);
  for (const std::int64_t batch : {1, 7, 64}) {
    const auto order = at::randperm(64, tensor::make_cpu_generator(7)).narrow(0, 0, batch);
    const EcgInput some{input.signal.index_select(0, order), input.visible.index_select(0, order), {}};
    EXPECT_LT(largest_difference(embedding(*model, some, keep.index_select(0, order)), all.index_select(0, order)),
              1e-6);
  }
}

// T14: millivolts are kept.
TEST(EcgEncoder, AmplitudeSurvivesTheNorm) {
  const at::NoGradGuard no_grad;
  for (const char* stem : {"conv", "linear"}) {
    auto options = small_options();
    options.ecg.stem = stem;
    DualEncoder model(options, 11);
    auto input = random_input(16, 8);
    // Without their place, patches differ by what is in them alone.
    model.ecg->named_parameters()["lead"].zero_();
    model.ecg->named_parameters()["time"].zero_();
    const auto z = model.ecg->embed(input).z.flatten(0, 1);
    const auto between = (z - z.roll(37, 0)).norm(2, 1).mean().item<double>();
    for (const double factor : {0.5, 2.0}) {
      const EcgInput scaled{input.signal * factor, input.visible, {}};
      const auto moved = (model.ecg->embed(scaled).z.flatten(0, 1) - z).norm(2, 1).mean().item<double>();
      EXPECT_GT(moved, 0.1 * between) << stem << " " << factor;
    }
  }
}

TEST(EcgEncoder, APatchIsNotReachedByItsNeighbours) {
  const at::NoGradGuard no_grad;
  const auto model = small_model();
  auto input = random_input(1, 9);
  const auto before = model->ecg->embed(input).z;
  input.signal.narrow(2, kPatch, kPatch).add_(5);  // patch 1 of all leads
  const auto after = model->ecg->embed(input).z;
  const auto same = (before == after).all(2).view({kLeads, kPatches}).all(0);
  EXPECT_TRUE(same[0].item<bool>());
  EXPECT_FALSE(same[1].item<bool>());
  EXPECT_TRUE(same[2].item<bool>());
}

TEST(EcgEncoder, FeaturesOfKeptTokensStandAtTheirIndex) {
  const at::NoGradGuard no_grad;
  const auto model = small_model();
  const auto tokens = model->ecg->embed(random_input(5, 10, 0.8));
  const auto keep = Random(12).chance({5, kTokens}, 0.5);
  const auto features = model->ecg->encode(tokens, keep);
  const auto kept = tokens.visible.logical_and(keep);
  for (std::int64_t b = 0; b < 5; ++b) {
    const auto numbers = kept[b].nonzero().squeeze(1);
    const auto count = numbers.size(0);
    EXPECT_TRUE(features.index[b].narrow(0, 0, count).equal(numbers));
    EXPECT_EQ(features.valid[b].sum().item<std::int64_t>(), count);
    EXPECT_NEAR(features.weights[b].sum().item<double>(), 1, 1e-6);
    EXPECT_EQ(features.weights[b].narrow(0, count, features.weights.size(1) - count).abs().sum().item<double>(), 0);
    EXPECT_LT(
        largest_difference(features.log_weights[b].narrow(0, 0, count).exp(), features.weights[b].narrow(0, 0, count)),
        1e-6);
  }
  EXPECT_LT(largest_difference(features.embedding.norm(2, 1), at::ones({5})), 1e-6);
  EXPECT_LT(largest_difference(model->ecg->token_embeddings(features.hidden).norm(2, 2) * features.valid,
                               features.valid.to(at::kFloat)),
            1e-6);
}

TEST(EcgEncoder, ARecordWithoutAnythingVisibleIsFiniteAndDisturbsNobody) {
  for (const char* kind : {"selector", "mean", "cls", "attention"}) {
    auto options = small_options();
    options.selector.kind = kind;
    const auto model = small_model(options);
    auto input = random_input(3, 13);
    const auto alone = embedding(*model, {input.signal.narrow(0, 0, 1), input.visible.narrow(0, 0, 1), {}});
    input.visible[1] = false;
    const auto tokens = model->ecg->embed(input);
    const auto both = model->ecg->encode(tokens).embedding;
    EXPECT_TRUE(both.isfinite().all().item<bool>()) << kind;
    EXPECT_LT(largest_difference(both.narrow(0, 0, 1), alone), 1e-6) << kind;
    const auto nothing = model->ecg->encode(tokens, at::zeros({3, kTokens}, at::kBool)).embedding;
    EXPECT_TRUE(nothing.isfinite().all().item<bool>()) << kind;
    EXPECT_LT(largest_difference(nothing[0], both[1]), 1e-6) << kind;
    both.sum().backward();
    for (const auto& item : model->ecg->named_parameters()) {
      EXPECT_TRUE(!item.value().grad().defined() || item.value().grad().isfinite().all().item<bool>())
          << kind << " " << item.key();
    }
  }
}

TEST(EcgEncoder, Bf16StaysNearFloat) {
  const auto model = small_model();
  const auto input = random_input(8, 14, 0.8);
  const auto exact = embedding(*model, input);
  at::Tensor rough;
  {
    const tensor::Autocast autocast(at::kCPU, tensor::Precision::bf16);
    const auto tokens = model->ecg->embed(input);
    EXPECT_EQ(tokens.z.scalar_type(), at::kFloat);
    auto keep = at::ones({8, kTokens}).requires_grad_();
    rough = model->ecg->encode(tokens).embedding;
    EXPECT_EQ(rough.scalar_type(), at::kFloat);
    const auto dense = model->ecg->encode_dense(tokens, keep).embedding;
    EXPECT_LT(largest_difference(dense, exact), 0.05);
    (rough + dense).sum().backward();
    EXPECT_TRUE(keep.grad().isfinite().all().item<bool>());
  }
  // Unit vectors of 16 numbers; bf16 has 8 bits.
  EXPECT_LT(largest_difference(rough, exact), 0.05);
  EXPECT_GT(largest_difference(rough, exact), 0) << "autocast did nothing";
  for (const auto& item : model->ecg->named_parameters()) {
    EXPECT_TRUE(item.value().grad().defined() && item.value().grad().isfinite().all().item<bool>()) << item.key();
  }
}

TEST(EcgEncoder, ReceivedAttentionIsThatOfTheTokensThatTakePart) {
  for (const char* kind : {"selector", "cls"}) {
    auto options = small_options();
    options.selector.kind = kind;
    const auto model = small_model(options);
    const at::NoGradGuard no_grad;
    auto tokens = model->ecg->embed(random_input(5, 14));
    Random random(15);
    const auto keep = random.chance({5, kTokens}, .6);
    const auto received = model->ecg->received_attention(tokens, keep);
    EXPECT_EQ(received.masked_select(keep.logical_not()).abs().max().item<double>(), 0);
    EXPECT_GT(received.masked_select(keep).min().item<double>(), 0);
    const auto sums = received.sum(1);
    if (std::string(kind) == "selector") {
      EXPECT_LE(largest_difference(sums, at::ones({5})), 1e-5);
    } else {
      EXPECT_LT(sums.max().item<double>(), 1);  // the extra token receives the rest
    }
    // Removed is absent, and batch mates do not matter.
    const Tokens alone{tokens.z.narrow(0, 2, 1), tokens.visible.narrow(0, 2, 1).logical_and(keep.narrow(0, 2, 1))};
    EXPECT_LE(largest_difference(model->ecg->received_attention(alone), received.narrow(0, 2, 1)), 1e-5);
  }
}

}  // namespace
}  // namespace scar::model
