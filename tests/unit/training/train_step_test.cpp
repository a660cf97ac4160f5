#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>
#include <limits>
#include <map>

#include "scar/training/alignment_saliency.h"
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
  [[nodiscard]] MaskerView view(const PairBatch& pairs) {
    at::NoGradGuard no_grad;
    const auto tokens = model->ecg->embed(pairs.ecg);
    return {.tokens = tokens,
            .read = model->ecg->read(tokens, model->ecg->encode(tokens)),
            .text = model->text->forward(pairs.ids, pairs.lengths),
            .targets = pairs.targets};
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
  EXPECT_NEAR(report.terms.logged[0].value, std::log(16.0), 1.5);
  EXPECT_GT(report.gradient_norm, 0);
}

TEST(WithinGroups, LeavesOutEveryPairOfTwoGroups) {
  const auto group = at::tensor({0, 0, 1, 2}, at::kLong);
  const auto targets = objective::within_groups({}, group);
  EXPECT_FALSE(targets.positive.defined());
  const auto want = at::tensor({0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0}, at::kLong).view({4, 4}).to(at::kBool);
  EXPECT_TRUE(at::equal(targets.excluded, want));
}

class Accumulation : public ::testing::TestWithParam<std::pair<const char*, double>> {};

TEST_P(Accumulation, PiecesGiveTheGradientOfTheWholeBatch) {
  auto options = small_options();
  options.game.masking = GetParam().first;
  options.game.saliency_rows = GetParam().second;
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
                         ::testing::Values(std::pair{"masker", 0.0}, std::pair{"masker", 0.375},
                                           std::pair{"saliency", 0.0}, std::pair{"random", 0.0},
                                           std::pair{"attention", 0.0}, std::pair{"lead_half", 0.0},
                                           std::pair{"none", 0.0}));

TEST(Game, TheAdversaryMasksTheLastRowsOfABatchAndTheOthersAreRandom) {
  for (const auto& [adversarial, random_rows] : {std::pair{0.5, 8}, {0.25, 12}, {0.01, 15}, {1.0, 0}}) {
    auto options = small_options();
    options.game.adversarial_rows = adversarial;
    Learner setup(options);
    const auto pairs = SmallWorld::get().batch(options);
    const auto view = setup.view(pairs);
    auto law = setup.game->law(20);
    ASSERT_TRUE(law.adversary);
    law.structure = model::Structure::free;
    law.share = 0.5;
    law.adversarial_share = 0.25;
    const auto masks = setup.game->masks(law, 20, 0, 16, view, {});
    EXPECT_EQ(masks.random_rows, random_rows);
    const auto kept = masks.keep.sum(1);
    const auto visible = view.tokens.visible.sum(1);
    for (int row = 0; row < 16; ++row) {
      const auto v = visible[row].item<std::int64_t>();
      const double share = row < random_rows ? 0.5 : 0.25;
      EXPECT_EQ(v - kept[row].item<std::int64_t>(),
                static_cast<std::int64_t>(std::floor(share * static_cast<double>(v) + 0.5)))
          << row;
    }
    EXPECT_FALSE(setup.game->law(0).adversary);
    EXPECT_EQ(setup.game->masks(setup.game->law(0), 0, 0, 16, view, {}).random_rows, 16);
  }
}

TEST(Game, EachLeadFallsWithOneHalfAndNeverAll) {
  const auto options = small_options();
  const auto keep = half_of_the_leads(at::ones({512, 120}, at::kBool), options.seed, 0, 0);
  const auto leads = keep.view({512, 12, 10});
  EXPECT_TRUE(leads.all(2).eq(leads.any(2)).all().item<bool>()) << "a lead goes as a whole";
  EXPECT_TRUE(keep.any(1).all().item<bool>());
  EXPECT_NEAR(keep.to(at::kFloat).mean().item<double>(), 0.5, 0.03);
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
  EXPECT_GT(setup.game->health().gain(), 0.0);
  EXPECT_GT(setup.game->health().lead_entropy, 0.3);
  EXPECT_LT(setup.game->health().budget_error, 1e-2);
}

TEST(Game, WithoutAMaskerOneGradientOfTheAlignmentNamesWhatHurtsMoreThanRandomMasks) {
  auto options = small_options();
  options.game.masking = "saliency";
  Learner setup(options);
  const auto pairs = SmallWorld::get().batch(options, /*spans=*/false);
  for (int i = 0; i < 60; ++i) setup.step->step(i % 40, pairs);
  auto law = setup.game->law(39);
  ASSERT_TRUE(law.adversary) << "it plays like the masker, but needs no warm-up of its own";
  law.structure = model::Structure::lead;
  law.share = law.adversarial_share = 0.5;
  const auto view = setup.view(pairs);
  const auto adversarial = setup.game->masks(law, 39, 0, 16, view, {});
  EXPECT_EQ(adversarial.random_rows, 8);
  EXPECT_TRUE(
      at::equal(adversarial.keep.narrow(0, 8, 8), setup.game->masks(law, 38, 0, 16, view, {}).keep.narrow(0, 8, 8)))
      << "no noise";
  law.adversary = false;
  at::NoGradGuard no_grad;
  const auto losses = [&](const at::Tensor& keep) {
    const auto features = setup.model->ecg->encode(view.tokens, keep);
    return objective::contrastive_rows(
        {.ecg = features.embedding, .text = view.text, .logit_scale = setup.model->logit_scale}, view.targets);
  };
  double random = 0;
  for (int draw = 0; draw < 8; ++draw)
    random += losses(setup.game->masks(law, draw, 0, 16, view, {}).keep).narrow(0, 8, 8).mean().item<double>() / 8;
  EXPECT_GT(losses(adversarial.keep).narrow(0, 8, 8).mean().item<double>(), random);
}

TEST(Game, BesideAMaskerOneGradientOfTheAlignmentTakesItsShareOfTheAdversarysRecords) {
  for (const std::string schedule : {"alternating", "reversal"}) {
    auto options = small_options();
    options.game.schedule = schedule;
    options.game.adversarial_rows = 0.75;
    options.game.saliency_rows = 0.375;
    Learner setup(options);
    const auto pairs = SmallWorld::get().batch(options);
    const auto view = setup.view(pairs);
    auto law = setup.game->law(20);
    law.structure = model::Structure::free;
    law.share = law.adversarial_share = 0.5;
    const auto masks = setup.game->masks(law, 20, 0, 16, view, {});
    EXPECT_EQ(masks.random_rows, 4);
    EXPECT_EQ(masks.masker_from, 10);
    ASSERT_EQ(masks.keep.size(0), 16);
    const auto saliency = alignment_saliency(
        *setup.model, {.z = view.tokens.z.narrow(0, 4, 6).detach(), .visible = view.tokens.visible.narrow(0, 4, 6)},
        view.text.narrow(0, 4, 6), objective::narrow(view.targets, 4, 6));
    for (int row = 0; row < 6; ++row) {
      const auto visible = view.tokens.visible[4 + row], keep = masks.keep[4 + row];
      const auto gone = saliency[row].masked_select(keep.logical_not().logical_and(visible));
      EXPECT_GE(gone.min().item<float>(), saliency[row].masked_select(keep).max().item<float>()) << "row " << 4 + row;
    }
    ASSERT_EQ(masks.reversed.has_value(), schedule == "reversal");
    if (masks.reversed) {
      EXPECT_EQ(masks.reversed->keep.size(0), 6) << "the masker learns from its own records";
    }
    const auto before = setup.model->masker->named_parameters()[0].value().clone();
    for (int update = 20; update < 24; ++update) {
      setup.game->step(update, pairs);
      EXPECT_TRUE(std::isfinite(setup.step->step(update, pairs).loss));
    }
    EXPECT_FALSE(at::equal(before, setup.model->masker->named_parameters()[0].value())) << schedule;
  }
}

TEST(Game, AGroupTakesTheMaskOfOneOfItsMembersAndIsComparedWithItselfAlone) {
  auto options = small_options();
  options.game.scope = "group";
  options.game.group = 4;
  Learner setup(options);
  const auto pairs = SmallWorld::get().batch(options);
  auto law = setup.game->law(20);
  law.structure = model::Structure::free;
  law.share = law.adversarial_share = 0.5;
  const auto view = setup.view(pairs);
  const auto masks = setup.game->masks(law, 20, 0, 16, view, {});
  ASSERT_TRUE(masks.group.defined());
  std::map<std::int64_t, std::vector<std::int64_t>> members;
  for (std::int64_t row = 0; row < 16; ++row) members[masks.group[row].item<std::int64_t>()].push_back(row);
  EXPECT_EQ(members.begin()->first, 0);
  EXPECT_EQ(members.begin()->second.size(), 8u) << "the random half is one group";
  for (const auto& [group, rows] : members) {
    if (group == 0) continue;
    EXPECT_LE(rows.size(), 4u);
    for (const auto row : rows) {
      EXPECT_TRUE(at::equal(masks.keep[row], masks.keep[rows[0]]));
      EXPECT_TRUE(at::equal(view.tokens.visible[row], view.tokens.visible[rows[0]]));
      for (const auto other : rows) {
        EXPECT_EQ(view.targets.positive[row][other].item<bool>(), other == row);
      }
    }
  }
  // Under masks that are equal within each group a model that reads nothing but the mask cannot beat ln G.
  const auto targets = objective::within_groups(pairs.targets, masks.group);
  const auto scale = at::tensor(4.0F);
  at::Tensor code = at::zeros({16, 16});
  for (std::int64_t row = 0; row < 16; ++row) code[row][masks.group[row].item<std::int64_t>() % 16] = 1;
  const auto losses =
      objective::contrastive_rows({.ecg = code, .text = code, .logit_scale = scale}, targets).contiguous();
  for (std::int64_t row = 8; row < 16; ++row) {
    const auto size = static_cast<double>(members[masks.group[row].item<std::int64_t>()].size());
    EXPECT_GE(losses[row].item<double>(), std::log(size) - 1e-5);
  }
}

TEST(Reversal, TheTowersLearnWhatTheyLearnInTurnsAndTheMaskerToo) {
  auto options = small_options();
  options.game.structures = {1, 0, 0};
  Learner turns(options);
  options.game.schedule = "reversal";
  Learner at_once(options);
  const auto pairs = SmallWorld::get().batch(options);
  const std::int64_t update = 20;
  const auto a = turns.step->gradients(update, pairs);
  const auto b = at_once.step->gradients(update, pairs);
  EXPECT_NEAR(a.loss, b.loss, 1e-5);
  const auto one = gradients_of(turns), other = gradients_of(at_once);
  ASSERT_EQ(one.size(), other.size());
  for (const auto& [name, gradient] : one) {
    const double scale = std::max(1e-3, gradient.abs().max().item<double>());
    EXPECT_LT((gradient - other.at(name)).abs().max().item<double>() / scale, 2e-3) << name;
  }
  for (const auto& item : at_once.model->masker->named_parameters())
    EXPECT_FALSE(item.value().grad().defined()) << "the towers' descent must not reach the masker: " << item.key();

  std::vector<at::Tensor> before;
  for (const auto& item : at_once.model->masker->named_parameters()) before.push_back(item.value().clone());
  at_once.step->step(update, pairs);
  EXPECT_EQ(at_once.game->health().steps, 1);
  std::size_t i = 0, moved = 0;
  for (const auto& item : at_once.model->masker->named_parameters()) moved += !at::equal(item.value(), before[i++]);
  EXPECT_GT(moved, 5u);
  EXPECT_FALSE(masker_step_due(options.game, at_once.plan, update)) << "one pass for both sides";
}

TEST(Reversal, LearnsToHurtMoreThanRandomMasks) {
  auto options = small_options();
  options.game.schedule = "reversal";
  options.game.learning_rate = 3e-3;
  options.game.warmup_steps = 4;
  options.game.adversary_start = 0;
  options.train.duration = "200u";
  options.train.learning_rate = 0;  // towers that stand still
  Learner setup(options);
  const auto pairs = SmallWorld::get().batch(options, /*spans=*/false);
  Learner taught(small_options());
  for (int i = 0; i < 60; ++i) taught.step->step(i, pairs);
  {
    at::NoGradGuard no_grad;
    for (auto& item : setup.model->named_parameters()) {
      if (item.key().rfind("masker.", 0) != 0) item.value().copy_(taught.model->named_parameters()[item.key()]);
    }
  }
  for (int i = 4; i < 120; ++i) setup.step->step(i, pairs);
  EXPECT_GT(setup.game->health().gain(), 0.0);
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
