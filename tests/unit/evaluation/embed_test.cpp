#include "scar/evaluation/embed.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "scar/data/store/store_writer.h"
#include "scar/data/visibility.h"
#include "scar/evaluation/encoder_scorer.h"
#include "scar/evaluation/missingness.h"
#include "scar/evaluation/zero_shot.h"
#include "scar/model/weights.h"
#include "scar/text/tokenizer_training.h"
#include "support/small_store.h"
#include "support/temporary_folder.h"

namespace scar::evaluation {
namespace {

constexpr std::int64_t kBlank = 9;  // a record that is missing throughout

/// 30 small records and a model that is as small as it can be.
class Embedding : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    at::set_num_threads(1);
    folder_ = new test::TemporaryFolder();
    const auto info = test::small_info();
    data::StoreWriter writer(folder_->path() / "store", info, 30, 30);
    for (std::int64_t c = 0; c < 30; ++c) {
      auto record = test::small_record(c, info);
      if (c == kBlank) std::fill(record.samples.begin(), record.samples.end(), data::kMissing);
      writer.add(std::move(record));
    }
    writer.end_shard();
    (void)writer.finish();
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }

  Embedding() : store_(data::Store::open(folder_->path() / "store")) {
    options_.width = 16;
    options_.embedding = 8;
    options_.ecg.patch_samples = 25;
    options_.ecg.max_patches = 8;
    options_.ecg.stem_channels = 4;
    options_.ecg.blocks = 2;
    options_.ecg.heads = 2;
    options_.ecg.dropout = .3;
    options_.text.blocks = 1;
    options_.text.heads = 2;
    options_.text.vocabulary_size = 40;
    options_.masker.enabled = false;
    model_ = std::make_unique<model::DualEncoder>(options_, 3);
    records_.resize(30);
    std::iota(records_.begin(), records_.end(), 0);
    records_.erase(records_.begin() + kBlank);
    CounterRandom random(5, "classes");
    std::vector<float> values;
    for (int i = 0; i < 16; ++i) values.push_back(static_cast<float>(random.normal()));
    classes_ = at::tensor(values).view({2, 8});
  }

  [[nodiscard]] at::Tensor embed(std::int64_t batch, const std::vector<std::int64_t>& records,
                                 const RemoveTokens& remove = {}) {
    EmbedOptions options;
    options.batch = batch;
    return embed_records(*model_, store_, records, options, remove).features;
  }

  static test::TemporaryFolder* folder_;
  data::Store store_;
  model::ModelOptions options_;
  std::unique_ptr<model::DualEncoder> model_;
  std::vector<std::int64_t> records_;
  at::Tensor classes_;
};
test::TemporaryFolder* Embedding::folder_ = nullptr;

double distance(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); }

// T22: batch 1, 7, 256 and any order.
TEST_F(Embedding, DoesNotDependOnBatchOrOrder) {
  const auto whole = embed(256, records_);
  EXPECT_LE(distance(embed(1, records_), whole), 1e-6);
  EXPECT_LE(distance(embed(7, records_), whole), 1e-6);
  std::vector<std::int64_t> turned(records_.rbegin(), records_.rend());
  EXPECT_LE(distance(embed(5, turned).flip(0), whole), 1e-6);
  EXPECT_GT(distance(whole[0], whole[1]), 1e-3);
}

// T25: parameters and buffers are bit-identical afterwards.
TEST_F(Embedding, LeavesTheModelAsItWas) {
  model_->train();
  const auto before = model::named_tensors(*model_);
  std::map<std::string, at::Tensor> copies;
  for (const auto& [name, value] : before) copies[name] = value.clone();
  (void)embed(8, records_);
  EXPECT_TRUE(model_->is_training());
  EXPECT_TRUE(c10::GradMode::is_enabled());
  for (const auto& [name, value] : model::named_tensors(*model_))
    EXPECT_TRUE(at::equal(value, copies.at(name))) << name;
}

TEST_F(Embedding, RecordWithoutAnythingVisibleIsMarked) {
  EmbedOptions options;
  const auto embedded = embed_records(*model_, store_, {8, kBlank, 10}, options);
  EXPECT_EQ(embedded.empty, (std::vector<std::uint8_t>{0, 1, 0}));
}

TEST_F(Embedding, PooledFeaturesHaveTheEncodersWidth) {
  EmbedOptions options;
  options.features = FeatureKind::pooled;
  EXPECT_EQ(embed_records(*model_, store_, records_, options).features.size(1), 16);
  EXPECT_EQ(parse_features("pooled"), FeatureKind::pooled);
  EXPECT_THROW((void)parse_features("pool"), Error);
}

TEST_F(Embedding, MasksAreReproducibleNestedAndCounted) {
  const auto half = make_record_masks(store_, records_, data::parse_mask("joint:0.5"), 0, 25);
  EXPECT_EQ(make_record_masks(store_, records_, data::parse_mask("joint:0.5"), 0, 25).hash, half.hash);
  EXPECT_NE(make_record_masks(store_, records_, data::parse_mask("joint:0.5"), 1, 25).hash, half.hash);
  EXPECT_NEAR(half.unit_share, .5, .01);
  std::vector<std::int64_t> turned(records_.rbegin(), records_.rend());
  const auto other = make_record_masks(store_, turned, data::parse_mask("joint:0.75"), 0, 25);
  for (std::size_t i = 0; i < records_.size(); ++i) {
    EXPECT_TRUE(other.masks[records_.size() - 1 - i].contains(half.masks[i]));
  }
  EXPECT_THROW((void)make_record_masks(store_, records_, data::parse_mask("critical:0.5"), 0, 25), Error);
}

TEST_F(Embedding, RemovedTokensChangeTheEmbeddingAndTheirNumberIsReported) {
  const auto masks = make_record_masks(store_, records_, data::parse_mask("lead:0.5"), 0, 25);
  const auto embedded = embed_records(*model_, store_, records_, {}, removal_by(masks, 25));
  EXPECT_NEAR(embedded.removed_share(), .5, .05);
  EXPECT_GT(distance(embedded.features, embed(64, records_)), 1e-3);
}

std::vector<Query> some_queries(const std::vector<data::UnitMask>& masks) {
  std::vector<Query> out;
  for (std::size_t i = 0; i < masks.size(); ++i) {
    out.push_back({static_cast<std::int64_t>(i), static_cast<std::int64_t>(i % 2), &masks[i]});
    out.push_back({static_cast<std::int64_t>(i), static_cast<std::int64_t>(i % 2), nullptr});
  }
  return out;
}

TEST_F(Embedding, ScorerSaysWhatEmbeddingUnderTheSameMasksSays) {
  const auto masks = make_record_masks(store_, records_, data::parse_mask("joint:0.4"), 2, 25);
  const auto queries = some_queries(masks.masks);
  const auto masked =
      at::matmul(embed_records(*model_, store_, records_, {}, removal_by(masks, 25)).features, classes_.t());
  const auto clean = at::matmul(embed(64, records_), classes_.t());
  for (const std::size_t cache : {std::size_t{0}, std::size_t{1} << 30}) {
    for (const std::int64_t tokens : {1, 500, 100000}) {
      EncoderScorerOptions options;
      options.cache_bytes = cache;
      options.tokens_at_once = tokens;
      EncoderScorer scorer(*model_, store_, records_, classes_, options);
      const auto scores = scorer.score(queries);
      for (std::size_t q = 0; q < queries.size(); ++q) {
        const auto& source = queries[q].removed != nullptr ? masked : clean;
        EXPECT_NEAR(scores[q], source[queries[q].record][queries[q].label].item<double>(), 2e-6);
      }
    }
  }
}

TEST_F(Embedding, SaliencyIsTheSlopeOfTheScoreByTheKeepWeights) {
  EncoderScorer scorer(*model_, store_, records_, classes_, {});
  data::UnitMask mask(scorer.grid());
  mask.remove_lead(2);
  mask.remove(5, 3);
  const std::vector<Query> queries = {{1, 0, &mask}, {4, 1, nullptr}};
  const auto slopes = scorer.saliency(queries);
  ASSERT_EQ(slopes.size(), static_cast<std::size_t>(2 * scorer.grid().units()));

  const EvaluationMode mode(*model_);
  std::vector<std::int16_t> samples(12 * 200);
  std::vector<float> signal(12 * 200);
  std::vector<std::uint8_t> visible(12 * 8);
  store_.read(records_[1], samples.data());
  data::decode_mv(samples.data(), 200, store_.scale_mv(records_[1]), signal.data());
  data::token_visibility(samples.data(), 200, 100, 25, visible.data());
  model::EcgInput input;
  input.signal = at::tensor(signal).view({1, 12, 200});
  input.visible = at::tensor(visible, at::kByte).view({1, 12, 8}).to(at::kBool);
  const auto tokens = model_->ecg->embed(input);
  auto keep = at::ones({1, 96});
  data::apply_mask(mask, 25, visible.data());
  for (std::int64_t token = 0; token < 96; ++token)
    keep[0][token] = visible[static_cast<std::size_t>(token)] != 0 ? 1 : 0;
  const auto score = [&](const at::Tensor& weights) {
    return (model_->ecg->encode_dense(tokens, weights).embedding[0] * classes_[0]).sum().item<double>();
  };
  for (const std::int64_t unit : {0, 9, 37, 60, 95}) {  // one token per unit at this patch length
    auto up = keep.clone(), down = keep.clone();
    up[0][unit] += .02;
    down[0][unit] -= .02;
    const double expected = (score(up) - score(down)) / .04;
    EXPECT_NEAR(slopes[static_cast<std::size_t>(unit)], expected, 1e-4 + .02 * std::abs(expected)) << unit;
  }
  for (std::int64_t block = 0; block < 8; ++block) EXPECT_EQ(slopes[static_cast<std::size_t>(2 * 8 + block)], 0);
}

// T29: scored + listed = in.
TEST_F(Embedding, TaskRecordsPlusExcludedAreAllRecords) {
  const auto colour = select_task_records(store_, "colour", {1, 2, 3, 4}, 25);
  EXPECT_EQ(colour.n_in, 30);
  EXPECT_EQ(colour.records.size() + colour.excluded.size(), 30u);
  ASSERT_EQ(colour.excluded.size(), 1u);
  EXPECT_EQ(colour.excluded[0].id, "record-9");
  EXPECT_EQ(colour.excluded[0].reason, "nothing visible");
  const auto shape = select_task_records(store_, "shape", {1, 2, 3, 4}, 25);
  EXPECT_EQ(shape.records.size() + shape.excluded.size(), 30u);
  EXPECT_EQ(shape.excluded.size(), 8u);
  const auto some = select_task_records(store_, "colour", {1, 2, 3, 4}, 25, 10);
  EXPECT_EQ(some.n_in, 10);
  EXPECT_THROW((void)select_task_records(store_, "color", {1}, 25), Error);
}

// T22: no softmax over classes. T34: scores within each recorder family.
TEST_F(Embedding, ZeroShotScoresAreCosinesWithoutSoftmax) {
  const auto data = select_task_records(store_, "colour", {1, 2, 3, 4}, 25);
  const auto unit = classes_ / classes_.norm(2, -1, true);
  const auto result = zero_shot(*model_, store_, data, unit, {});
  const auto cosines = at::matmul(embed(64, data.records), unit.t());
  for (std::int64_t row = 0; row < result.table.rows; ++row) {
    for (std::int64_t c = 0; c < 2; ++c) {
      EXPECT_NEAR(result.table.scores[static_cast<std::size_t>(row * 2 + c)], cosines[row][c].item<double>(), 1e-6);
    }
  }
  // What is added to all scores of a record moves it among the others: a softmax would have hidden that.
  auto shifted = result.table;
  CounterRandom random(1, "shift");
  for (std::int64_t row = 0; row < shifted.rows; ++row) {
    const double shift = 10 * random.normal();
    for (std::int64_t c = 0; c < 2; ++c) shifted.scores[static_cast<std::size_t>(row * 2 + c)] += shift;
  }
  EXPECT_NE(*score_task(shifted).macro_auroc, *result.score.macro_auroc);
  EXPECT_EQ(result.families.size(), 2u);  // AT-6 and unknown
  EXPECT_EQ(result.families[0].score.rows + result.families[1].score.rows, 29);
}

TEST_F(Embedding, ClassEmbeddingIsTheNormalisedMeanOfItsPrompts) {
  std::vector<std::string> texts;
  for (int i = 0; i < 40; ++i)
    texts.push_back(i % 2 == 0 ? "rot und rund " + std::to_string(i) : "green and square " + std::to_string(i));
  text::TokenizerOptions tokenizer_options;
  tokenizer_options.vocabulary_size = 40;
  const auto tokenizer = text::Tokenizer::from_bytes(text::train_tokenizer(texts, tokenizer_options).bytes, "test");
  options_.text.vocabulary_size = tokenizer.vocabulary_size();
  model::DualEncoder model(options_, 3);
  const auto pack = text::PromptPack::parse("colour:\n  red: [ROT, red]\n  grün: [grün]\n", "test");
  const auto both = embed_classes(model, tokenizer, pack, "colour", {"red", "grün"}, at::kCPU, tensor::Precision::fp32);
  const auto alone = text::PromptPack::parse("colour:\n  red: [rot]\n  grün: [red]\n", "test");
  const auto each =
      embed_classes(model, tokenizer, alone, "colour", {"red", "grün"}, at::kCPU, tensor::Precision::fp32);
  const auto mean = each.mean(0);
  EXPECT_LE(distance(both[0], mean / mean.norm()), 1e-5);
  EXPECT_NEAR(both[1].norm().item<double>(), 1, 1e-5);
  EXPECT_THROW(
      (void)embed_classes(model, tokenizer, alone, "colour", {"red", "blue"}, at::kCPU, tensor::Precision::fp32),
      Error);
}

}  // namespace
}  // namespace scar::evaluation
