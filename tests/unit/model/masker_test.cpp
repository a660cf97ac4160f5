#include "scar/tensor/autocast.h"
#include "small_model.h"

namespace scar::model {
namespace {

struct Scene {
  std::shared_ptr<DualEncoder> model = small_model();
  Tokens embedded = model->ecg->embed(random_input(4, 1, 0.7));
  ReadTokens tokens = model->ecg->read(embedded, model->ecg->encode(embedded));
  at::Tensor text = Random(2).normal({4, kEmbedding});
};

TEST(Masker, LogitsAreCentredAndBoundedAndZeroWhereInvisible) {
  Scene s;
  const at::NoGradGuard no_grad;
  for (const double scale : {1.0, 1e4}) {
    for (auto& item : s.model->masker->named_parameters()) {
      if (item.key() == "token.weight") item.value().mul_(scale);
    }
    const auto a = s.model->masker->logits(s.tokens, s.text);
    EXPECT_LE(a.abs().max().item<double>(), 8.0);
    EXPECT_EQ((a * s.tokens.visible.logical_not()).abs().sum().item<double>(), 0);
    if (scale == 1.0) {
      // The bound bends large logits, so that the mean is 0 before it: 8 atanh(a / 8).
      const auto before = (a / 8).atanh() * 8;
      EXPECT_LT((before.sum(1) / s.tokens.visible.sum(1)).abs().max().item<double>(), 1e-5);
      EXPECT_GT(a.std().item<double>(), 1e-3);
    }
  }
}

TEST(Masker, NoGradientReachesTheTowers) {
  Scene s;
  const auto text = s.model->text->forward(at::ones({4, 3}, at::kLong), at::full({4}, 3, at::kLong));
  s.model->masker->logits(s.tokens, text).square().sum().backward();
  for (const auto& item : s.model->named_parameters()) {
    const auto& grad = item.value().grad();
    if (item.key().starts_with("masker.")) {
      EXPECT_TRUE(grad.defined() && grad.abs().max().item<double>() > 0) << item.key();
    } else {
      EXPECT_FALSE(grad.defined()) << item.key();
    }
  }
}

TEST(Masker, InvisibleTokensAndBatchMatesDoNotMatter) {
  Scene s;
  const at::NoGradGuard no_grad;
  const auto all = s.model->masker->logits(s.tokens, s.text);
  const auto seen = s.tokens.visible.unsqueeze(-1);
  const ReadTokens other{at::where(seen, s.tokens.hidden, 1e3), at::where(seen, s.tokens.embedding, 1e3),
                         s.tokens.visible};
  EXPECT_LT(largest_difference(s.model->masker->logits(other, s.text), all), 1e-6);
  const ReadTokens one{s.tokens.hidden.narrow(0, 2, 1), s.tokens.embedding.narrow(0, 2, 1),
                       s.tokens.visible.narrow(0, 2, 1)};
  EXPECT_LT(largest_difference(s.model->masker->logits(one, s.text.narrow(0, 2, 1)), all.narrow(0, 2, 1)), 1e-5);
}

TEST(Masker, TheTextMattersUnlessItIsSwitchedOff) {
  Scene s;
  const at::NoGradGuard no_grad;
  EXPECT_GT(
      largest_difference(s.model->masker->logits(s.tokens, s.text), s.model->masker->logits(s.tokens, s.text.flip(0))),
      1e-4);
  auto options = small_options();
  options.masker.text = false;
  const auto blind = small_model(options);
  EXPECT_TRUE(blind->masker->logits(s.tokens, s.text).equal(blind->masker->logits(s.tokens)));
}

TEST(Masker, TokensAreReadAtTheirOwnPlaces) {
  Scene s;
  const at::NoGradGuard no_grad;
  const auto dense = s.model->ecg->encode_dense(s.embedded, s.embedded.visible.to(at::kFloat)).hidden;
  const auto seen = s.tokens.visible.unsqueeze(-1);
  EXPECT_LT(largest_difference(s.tokens.hidden, dense * seen), 1e-4);
  EXPECT_LT(largest_difference(s.tokens.embedding * seen, s.model->ecg->token_embeddings(dense) * seen), 1e-4);
}

TEST(Masker, NothingVisibleIsFinite) {
  Scene s;
  s.tokens.visible = s.tokens.visible.clone();
  s.tokens.visible[1] = false;
  const tensor::Autocast autocast(at::kCPU, tensor::Precision::bf16);
  const auto a = s.model->masker->logits(s.tokens, s.text);
  EXPECT_EQ(a.scalar_type(), at::kFloat);
  EXPECT_TRUE(a.isfinite().all().item<bool>());
  a.square().sum().backward();
  for (const auto& item : s.model->masker->named_parameters()) {
    EXPECT_TRUE(item.value().grad().isfinite().all().item<bool>()) << item.key();
  }
}

}  // namespace
}  // namespace scar::model
