#include "scar/training/hole_reading.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>

#include "scar/core/random.h"
#include "scar/tensor/generator.h"
#include "scar/training/known_findings.h"
#include "scar/training/leader_groups.h"
#include "scar/training/validation.h"
#include "small_run.h"

namespace scar::training {
namespace {

TEST(HoleReading, IsOneHalfForEqualScoresAndOneForSeparateOnes) {
  const std::vector<double> a = {0.1, 0.2, 0.3, 0.4}, b = {1.1, 1.2, 1.3, 1.4};
  EXPECT_DOUBLE_EQ(hole_reading(a, a).auroc, 0.5);
  EXPECT_DOUBLE_EQ(hole_reading(b, a).auroc, 1.0);
  EXPECT_DOUBLE_EQ(hole_reading(a, b).auroc, 0.0);
  EXPECT_DOUBLE_EQ(hole_reading({1, 1}, {1, 1}).auroc, 0.5) << "ties count one half";
}

TEST(HoleReading, ItsIntervalCoversAsItSays) {
  // Dependent pairs without an effect: the upper end of a two-sided 95 % interval falls below 1/2 in 2.5 % of the trials.
  int below = 0;
  constexpr int kTrials = 2000;
  for (int trial = 0; trial < kTrials; ++trial) {
    CounterRandom random(7, "hole-reading", static_cast<std::uint64_t>(trial));
    std::vector<double> own, other;
    for (int k = 0; k < 200; ++k) {
      const double shared = random.normal();
      own.push_back(shared + 0.5 * random.normal());
      other.push_back(shared + 0.5 * random.normal());
    }
    below += hole_reading(own, other).high < 0.5 ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(below) / kTrials, 0.025, 0.012);
}

TEST(ForeignPairs, ShareNothingWithTheTextAndAreTwoRecords) {
  const auto foreign = [](std::int64_t i, std::int64_t j) { return i % 3 != j % 3; };
  const auto pairs = foreign_pairs(9, 1, foreign);
  ASSERT_EQ(pairs.size(), 9u);
  for (const auto& pair : pairs) {
    EXPECT_TRUE(foreign(pair.text, pair.signal));
    EXPECT_TRUE(foreign(pair.text, pair.other));
    EXPECT_NE(pair.signal, pair.other);
  }
  EXPECT_TRUE(foreign_pairs(9, 1, [](std::int64_t, std::int64_t j) { return j == 0; }).empty());
}

TEST(KnownFindings, AreSharedByTheirClassUnlessMostRecordsHaveIt) {
  auto& world = SmallWorld::get();
  const auto stores = data::StoreSet::open({world.folder.path() / "store"});
  const KnownFindings findings(stores, world.records);
  const auto& store = *world.store;
  const auto& classes = store.task("synth").classes;
  for (std::int64_t i = 0; i < 20; ++i) {
    for (std::int64_t j = 0; j < 20; ++j) {
      const auto* a = store.labels("synth", world.records[static_cast<std::size_t>(i)]);
      const auto* b = store.labels("synth", world.records[static_cast<std::size_t>(j)]);
      bool share = false;
      for (std::size_t c = 0; c < classes.size(); ++c) share = share || (a[c] == 1 && b[c] == 1);
      EXPECT_EQ(findings.share(i, j), share) << i << " " << j;
    }
  }
}

/// Noise in place of ECGs, masks that are a fixed function of the text: all that can be learned stands in the holes.
HoleReading learn_from_holes(bool groups) {
  at::set_num_threads(1);
  const auto options = small_options();
  const auto model = SmallWorld::get().model(options);
  const auto pairs = SmallWorld::get().batch(options, /*spans=*/false);
  const auto rows = pairs.size();
  auto kept = at::ones({rows, 12, 10}, at::kBool);
  for (std::int64_t row = 0; row < rows; ++row) {
    CounterRandom random(3, "mask-of-text", static_cast<std::uint64_t>(row));
    std::vector<std::int64_t> leads(12);
    for (std::int64_t lead = 0; lead < 12; ++lead) leads[static_cast<std::size_t>(lead)] = lead;
    for (std::size_t i = 12; i > 1; --i) std::swap(leads[i - 1], leads[random.below(i)]);
    for (std::size_t i = 0; i < 6; ++i) kept[row][leads[i]].fill_(false);
  }
  kept = kept.view({rows, 120});
  std::vector<tensor::NamedParameter> parameters;
  for (auto& item : model->named_parameters()) {
    if (item.key().rfind("masker.", 0) != 0) parameters.push_back({item.key(), item.value()});
  }
  tensor::AdamW optimizer(parameters, {});
  tensor::seed_generators(5, c10::Device(c10::kCPU));
  const auto noise = [&] {
    return model->ecg->embed(
        {.signal = at::randn({rows, 12, 1000}), .visible = at::ones({rows, 12, 10}, at::kBool), .leads = {}});
  };
  for (int step = 0; step < 150; ++step) {
    auto targets = pairs.targets;
    auto keep = kept;
    if (groups) {
      const auto dealt = deal_groups(at::ones({rows, 120}, at::kBool), pairs.targets.positive, 8, 1, step, 0);
      const auto group = at::tensor(dealt.group, at::kLong);
      keep = kept.index_select(0, at::tensor(dealt.leader, at::kLong).index_select(0, group));
      targets = objective::within_groups(targets, group);
    }
    optimizer.zero_grad();
    const auto text = model->text->forward(pairs.ids, pairs.lengths);
    const auto features = model->ecg->encode(noise(), keep);
    objective::contrastive({.ecg = features.embedding, .text = text, .logit_scale = model->logit_scale}, targets)
        .backward();
    optimizer.clip_gradients(1.0);
    optimizer.step(3e-3);
  }
  at::NoGradGuard no_grad;
  model->eval();
  const auto text = model->text->forward(pairs.ids, pairs.lengths);
  const auto positive = pairs.targets.positive;
  HoleScores scores;
  for (std::uint64_t draw = 0; scores.own.size() < 1024; ++draw) {
    const auto list = foreign_pairs(rows, draw, [&](std::int64_t i, std::int64_t j) {
      return !positive[i][j].item<bool>() && !pairs.targets.excluded[i][j].item<bool>();
    });
    read_holes(*model->ecg, noise(), text, kept, list, scores);
  }
  return hole_reading(scores.own, scores.other);
}

TEST(HoleReading, FindsAnEncoderThatReadsHolesAndClearsOneTaughtInGroups) {
  const auto per_sample = learn_from_holes(false);
  EXPECT_GE(per_sample.n, HoleReading::kFewest);
  EXPECT_GE(per_sample.auroc, 0.8) << "positive control";
  const auto grouped = learn_from_holes(true);
  EXPECT_LE(grouped.high, HoleReading::kLimit) << grouped.auroc;
}

TEST(HoleReading, IsAskedOfEveryAdversaryThatMakesMasksForATextAndOfNoOther) {
  at::set_num_threads(1);
  auto& world = SmallWorld::get();
  const auto stores = data::StoreSet::open({world.folder.path() / "store"});
  const std::vector<std::int64_t> records(world.records.begin(), world.records.begin() + 64);
  const KnownFindings findings(stores, records);
  const auto holes = [&](const std::string& masking, double saliency_rows) {
    auto options = small_options();
    options.game.masking = masking;
    options.game.saliency_rows = saliency_rows;
    const auto model = world.model(options);
    const PairBuilder builder(*world.store, *world.tokenizer, options, c10::Device(c10::kCPU));
    return validate_model(*model, *world.store, records, builder, findings, options, c10::Device(c10::kCPU),
                          tensor::Precision::fp32)
        .holes;
  };
  const auto masker = holes("masker", 0), gradient = holes("saliency", 0), both = holes("masker", 0.5);
  EXPECT_GT(masker.n, 0);
  EXPECT_GT(gradient.n, 0);
  EXPECT_NE(masker.high, gradient.high);
  EXPECT_EQ(both.high, std::max(masker.high, gradient.high)) << "the worst counts";
  EXPECT_EQ(holes("random", 0).n, 0);
}

TEST(LeaderGroups, AreFullWhereRecordsAreAlikeAndApartWhereTextsAreEqual) {
  const auto visible = at::ones({32, 120}, at::kBool);
  const auto all = deal_groups(visible, {}, 8, 1, 0, 0);
  EXPECT_EQ(all.groups(), 4);
  auto equal = at::eye(32, at::kBool);
  equal[3][5].fill_(true);
  equal[5][3].fill_(true);
  for (int update = 0; update < 20; ++update) {
    const auto dealt = deal_groups(visible, equal, 8, 1, update, 0);
    EXPECT_NE(dealt.group[3], dealt.group[5]);
    for (std::int64_t g = 0; g < dealt.groups(); ++g)
      EXPECT_EQ(dealt.group[static_cast<std::size_t>(dealt.leader[static_cast<std::size_t>(g)])], g);
  }
  EXPECT_NE(deal_groups(visible, {}, 8, 1, 1, 0).group, all.group) << "another update, other groups";
  EXPECT_EQ(deal_groups(visible, {}, 8, 1, 0, 0).group, all.group);
}

}  // namespace
}  // namespace scar::training
