#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>
#include <limits>
#include <map>

#include "small_run.h"

namespace scar::training {
namespace {

const c10::Device kCpu(c10::kCPU);

struct Learner {
  explicit Learner(const TrainOptions& o)
      : options(o), plan(make_plan(options, {128})), model(SmallWorld::get().model(options)) {
    at::set_num_threads(1);
    game = std::make_unique<Game>(options, plan, *model, kCpu, tensor::Precision::fp32);
    step = std::make_unique<TrainStep>(options, plan, *model, *game, kCpu, tensor::Precision::fp32);
  }
  TrainOptions options;
  Plan plan;
  std::unique_ptr<model::DualEncoder> model;
  std::unique_ptr<Game> game;
  std::unique_ptr<TrainStep> step;
};

std::map<std::string, at::Tensor> gradients_of(Learner& setup) {
  std::map<std::string, at::Tensor> list;
  for (const auto& p : setup.step->optimizer().parameters()) {
    if (p.value.grad().defined()) list[p.name] = p.value.grad().clone();
  }
  return list;
}

TEST(TrainStep, TheFirstLossIsNearLogOfBatch) {
  auto options = small_options();
  options.objective.targets = "identity";
  options.text.span_probability = 0;
  Learner setup(options);
  const auto report = setup.step->step(0, SmallWorld::get().batch(options));
  // Chance is ln 16; fresh embeddings of 24 channels at scale 14 scatter around it.
  EXPECT_NEAR(report.terms.logged[0].value, std::log(16.0), 1.0);
  EXPECT_GT(report.gradient_norm, 0);
}

class Accumulation : public ::testing::TestWithParam<const char*> {};

TEST_P(Accumulation, PiecesGiveTheGradientOfTheWholeBatch) {
  auto options = small_options();
  options.game.masking = GetParam();
  const auto pairs = SmallWorld::get().batch(options);
  const std::int64_t update = 20;  // the adversary plays
  Learner whole(options);
  const auto report = whole.step->gradients(update, pairs);
  options.train.accumulate = 4;
  Learner pieces(options);
  const auto again = pieces.step->gradients(update, pairs);
  EXPECT_NEAR(report.loss, again.loss, 1e-5);
  const auto a = gradients_of(whole), b = gradients_of(pieces);
  ASSERT_EQ(a.size(), b.size());
  ASSERT_GT(a.size(), 20u);
  for (const auto& [name, gradient] : a) {
    const double scale = std::max(1e-3, gradient.abs().max().item<double>());
    EXPECT_LT((gradient - b.at(name)).abs().max().item<double>() / scale, 2e-4) << name;
  }
}
INSTANTIATE_TEST_SUITE_P(Maskings, Accumulation,
                         ::testing::Values("masker", "random", "attention", "lead_half", "none"));

TEST(Game, HalfOfTheBatchIsRandomAndHalfTheAdversarys) {
  const auto options = small_options();
  Learner setup(options);
  const auto pairs = SmallWorld::get().batch(options);
  const auto tokens = setup.model->ecg->embed(pairs.ecg);
  const auto text = setup.model->text->forward(pairs.ids, pairs.lengths);
  auto law = setup.game->law(20);
  ASSERT_TRUE(law.adversary);
  law.structure = model::Structure::free;
  law.share = 0.5;
  law.adversarial_share = 0.25;
  const auto masks = setup.game->masks(law, 20, 0, 16, tokens, {}, text);
  EXPECT_EQ(masks.random_rows, 8);
  const auto kept = masks.keep.sum(1);
  const auto visible = tokens.visible.sum(1);
  for (int row = 0; row < 16; ++row) {
    const auto v = visible[row].item<std::int64_t>();
    const double share = row < 8 ? 0.5 : 0.25;
    EXPECT_EQ(v - kept[row].item<std::int64_t>(),
              static_cast<std::int64_t>(std::floor(share * static_cast<double>(v) + 0.5)))
        << row;
  }
  EXPECT_FALSE(setup.game->law(0).adversary);
  EXPECT_EQ(setup.game->masks(setup.game->law(0), 0, 0, 16, tokens, {}, text).random_rows, 16);
}

TEST(Game, EachLeadFallsWithOneHalfAndNeverAll) {
  auto options = small_options();
  options.game.masking = "lead_half";
  Learner setup(options);
  const model::Tokens tokens{.z = at::zeros({512, 120, 1}), .visible = at::ones({512, 120}, at::kBool)};
  const auto masks = setup.game->masks(setup.game->law(0), 0, 0, 512, tokens, {}, {});
  const auto leads = masks.keep.view({512, 12, 10});
  EXPECT_TRUE(leads.all(2).eq(leads.any(2)).all().item<bool>()) << "a lead goes as a whole";
  EXPECT_TRUE(masks.keep.any(1).all().item<bool>());
  EXPECT_NEAR(masks.keep.to(at::kFloat).mean().item<double>(), 0.5, 0.03);
}

TEST(Game, TheMaskerLearnsToHurtMoreThanRandomMasks) {
  auto options = small_options();
  options.game.learning_rate = 3e-3;
  options.game.warmup_steps = 60;
  options.train.duration = "200u";
  options.game.batch = 16;
  Learner setup(options);
  const auto pairs = SmallWorld::get().batch(options, /*spans=*/false);
  for (int i = 0; i < 60; ++i) setup.step->step(i, pairs);  // first something to hurt
  const auto towers = setup.model->ecg->named_parameters()[0].value().clone();
  for (int i = 0; i < 80; ++i) setup.game->step(setup.plan.masker_start + i % 60, pairs);
  EXPECT_TRUE(at::equal(towers, setup.model->ecg->named_parameters()[0].value()))
      << "the towers are frozen in the masker's step";
  EXPECT_GT(setup.game->health().gain, 0.0);
  EXPECT_GT(setup.game->health().lead_entropy, 0.3);
  EXPECT_LT(setup.game->health().budget_error, 1e-2);
}

TEST(TrainStep, OneUpdateIsAFunctionOfItsNumber) {
  const auto options = small_options();
  Learner a(options), b(options);
  const auto pairs = SmallWorld::get().batch(options);
  for (int i = 12; i < 15; ++i) {
    const auto x = a.step->step(i, pairs);
    const auto y = b.step->step(i, pairs);
    EXPECT_EQ(x.loss, y.loss);
    a.game->step(i, pairs);
    b.game->step(i, pairs);
  }
  for (const auto& item : a.model->named_parameters())
    EXPECT_TRUE(at::equal(item.value(), b.model->named_parameters()[item.key()])) << item.key();
}

TEST(TrainStep, ALossThatIsNotFiniteChangesNothing) {
  auto options = small_options();
  Learner setup(options);
  {
    at::NoGradGuard no_grad;
    setup.model->text->named_parameters()[0].value().fill_(std::numeric_limits<float>::quiet_NaN());
  }
  std::vector<at::Tensor> before;
  for (const auto& item : setup.model->ecg->named_parameters()) before.push_back(item.value().clone());
  try {
    setup.step->step(0, SmallWorld::get().batch(options));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::loss_not_finite);
    EXPECT_EQ(error.status(), 5);
  }
  std::size_t i = 0;
  for (const auto& item : setup.model->ecg->named_parameters()) EXPECT_TRUE(at::equal(item.value(), before[i++]));
}

TEST(ByToken, PutsPaddedRowsInPlace) {
  model::EcgFeatures features;
  features.valid = at::tensor({1, 1, 1, 0}, at::kLong).to(at::kBool).view({1, 4});
  features.index = at::tensor({4, 1, 0, 0}, at::kLong).view({1, 4});
  const auto out = by_token(at::tensor({5.0f, 6.0f, 7.0f, 99.0f}).view({1, 4}), features, 6);
  const auto want = at::tensor({7.0f, 6.0f, 0.0f, 0.0f, 5.0f, 0.0f}).view({1, 6});
  EXPECT_TRUE(at::equal(out, want)) << out;
}

}  // namespace
}  // namespace scar::training
