#include "scar/training/game_health.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>

#include "small_run.h"

namespace scar::training {
namespace {

bool raises(const GameHealth& health, int alarm) {
  for (const auto& [number, text] : health.alarms()) {
    if (number == alarm) return true;
  }
  return false;
}

/// A game of `steps` masker steps against fresh towers that learn beside it.
GameHealth play(TrainOptions options, int steps, const std::function<void(model::DualEncoder&)>& spoil = {}) {
  at::set_num_threads(1);
  options.game.warmup_steps = steps;
  options.game.adversary_start = 0;
  options.train.duration = std::to_string(2 * steps) + "u";
  const auto plan = make_plan(options, {128});
  const auto model = SmallWorld::get().model(options);
  const c10::Device cpu(c10::kCPU);
  Game game(options, plan, *model, cpu, tensor::Precision::fp32);
  TrainStep step(options, plan, *model, game, cpu, tensor::Precision::fp32);
  const auto pairs = SmallWorld::get().batch(options);
  for (int i = 0; i < steps; ++i) {
    if (spoil) spoil(*model);
    step.step(i, pairs);
    game.step(i, pairs);
  }
  for (const auto& item : model->named_parameters())
    EXPECT_TRUE(item.value().isfinite().all().item<bool>()) << item.key();
  EXPECT_TRUE(std::isfinite(game.health().gain()) && std::isfinite(game.health().lead_entropy) &&
              std::isfinite(game.health().indecision));
  return game.health();
}

TEST(GameHealth, SaysNothingInTheFirstFiftySteps) {
  GameHealth health;
  health.take_gain(0.1);
  for (int i = 0; i < 49; ++i) health.take_step(0.1, 0.0, 1.0);
  EXPECT_TRUE(health.alarms().empty());
  health.take_step(0.1, 0.0, 1.0);
  EXPECT_EQ(health.alarms().size(), 3u);
}

TEST(GameHealth, RaisesAnAlarmWithinFiftyStepsOfTheTrouble) {
  for (const int trouble : {101, 102, 103, 104}) {
    GameHealth health;
    const auto step = [&](bool well) {
      if (health.gain_due()) health.take_gain(well || trouble != 103 ? 0.2 : -0.1);
      health.take_step(well || trouble != 101 ? 0.95 : 0.2, well || trouble != 102 ? 0.3 : 0.001,
                       well || trouble != 104 ? 1e-4 : 0.5);
    };
    for (int i = 0; i < 200; ++i) step(true);
    EXPECT_TRUE(health.alarms().empty()) << trouble;
    for (int i = 0; i < 50; ++i) step(false);
    EXPECT_TRUE(raises(health, trouble)) << trouble;
    for (int i = 0; i < 50; ++i) step(true);
    EXPECT_TRUE(health.alarms().empty()) << trouble << " goes when the trouble goes";
  }
}

TEST(ForcedPathology, ATemperatureNearZeroRaisesTheAlarmOfADeadMasker) {
  auto options = small_options();
  options.game.temperature_start = options.game.temperature_end = 0.01;
  options.game.share_low = options.game.share_high = 0.5;
  EXPECT_TRUE(raises(play(options, 60), 102));
}

TEST(ForcedPathology, AConstantMaskerRaisesTheAlarmOfItsEntropy) {
  auto options = small_options();
  options.game.learning_rate = 0;
  options.game.share_low = options.game.share_high = 0.3;  // four leads
  options.game.structures = {0, 1, 0};
  // Four leads carry a mark that drowns everything else: whatever the record, they are removed always (or never).
  int always = 0;
  for (const double sign : {1.0, -1.0}) {
    const auto health = play(options, 55, [&](model::DualEncoder& model) {
      at::NoGradGuard no_grad;
      auto lead = model.named_parameters()["ecg.lead"];
      lead.zero_();
      lead.narrow(0, 0, 4).select(1, 0).fill_(60.0);
      for (auto& item : model.named_parameters()) {
        const bool of_encoder = item.key().starts_with("ecg.transformer.");
        const bool ends_branch = item.key().find(".out.") != std::string::npos;
        if ((of_encoder && ends_branch) || item.key() == "masker.match.weight")
          item.value().zero_();  // tokens as they are
      }
      for (const auto* head : {"masker.lead.weight", "masker.time.weight", "masker.token.weight"}) {
        model.named_parameters()[head].fill_(0).select(1, 0).fill_(100.0 * sign);
      }
    });
    always += raises(health, 101) ? 1 : 0;
  }
  EXPECT_GE(always, 1);
}

TEST(ForcedPathology, ABudgetOfNothingOrOfNearlyAllStaysFinite) {
  for (const double share : {0.01, 0.95}) {
    for (const std::vector<double>& structures :
         {std::vector<double>{1, 0, 0}, std::vector<double>{0, 1, 0}, std::vector<double>{0, 0, 1}}) {
      auto options = small_options();
      options.game.share_low = options.game.share_high = share;
      options.game.cap_start = options.game.cap_end = 0.95;
      options.game.structures = structures;
      const auto health = play(options, 8);
      EXPECT_EQ(health.steps, 8);
      EXPECT_LT(health.budget_error, 1e-2);
    }
  }
}

}  // namespace
}  // namespace scar::training
