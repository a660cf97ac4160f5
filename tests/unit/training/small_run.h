#pragma once

#include <memory>

#include "scar/data/loader.h"
#include "scar/data/store/splits.h"
#include "scar/data/synthetic/store.h"
#include "scar/model/dual_encoder.h"
#include "scar/text/tokenizer_training.h"
#include "scar/training/game.h"
#include "scar/training/pairs.h"
#include "scar/training/schedule.h"
#include "scar/training/train_step.h"
#include "support/temporary_folder.h"

namespace scar::training {

/// Options of a run that takes milliseconds per update, without dropout.
inline TrainOptions small_options() {
  TrainOptions o;
  o.precision = "fp32";
  o.device = "cpu";
  o.threads = 1;
  o.data.synthetic.records = 160;
  o.text.tokenizer.vocabulary_size = 200;
  o.model.width = 32;
  o.model.embedding = 24;
  o.model.ecg.patch_samples = 100;
  o.model.ecg.max_patches = 10;
  o.model.ecg.stem_channels = 8;
  o.model.ecg.blocks = 1;
  o.model.ecg.heads = 2;
  o.model.ecg.mlp_ratio = 1;
  o.model.text.blocks = 1;
  o.model.text.heads = 2;
  o.model.text.mlp_ratio = 1;
  o.model.text.dropout = 0;
  o.model.text.max_tokens = 48;
  o.model.masker.width = 16;
  o.model.masker.blocks = 1;
  o.model.masker.heads = 2;
  o.game.warmup_steps = 4;
  o.game.adversary_start = 0.3;
  o.game.adversarial_rows = 0.5;
  o.game.saliency_rows = 0;
  o.game.batch = 8;
  o.train.batch = 16;
  o.train.duration = "40u";
  o.train.warmup = "5u";
  return o;
}

/// Store, vocabulary and one batch for tests of steps; made once per test program.
class SmallWorld {
 public:
  static SmallWorld& get() {
    static SmallWorld world;
    return world;
  }
  [[nodiscard]] PairBatch batch(const TrainOptions& options, bool spans = true) {
    data::LoaderOptions loading;
    loading.batch = options.train.batch;
    loading.patch = options.model.ecg.patch_samples;
    loading.seed = options.seed;
    data::Loader loader(*store, records, loading);
    const PairBuilder builder(*store, *tokenizer, options, c10::Device(c10::kCPU));
    return builder.build(*loader.next(), spans);
  }
  [[nodiscard]] std::unique_ptr<model::DualEncoder> model(const TrainOptions& options) {
    auto model_options = model::resolve(options.model);
    model_options.text.vocabulary_size = tokenizer->vocabulary_size();
    return std::make_unique<model::DualEncoder>(model_options, options.seed);
  }

  test::TemporaryFolder folder;
  std::unique_ptr<data::Store> store;
  std::unique_ptr<text::Tokenizer> tokenizer;
  std::vector<std::int64_t> records;

 private:
  SmallWorld() {
    const auto options = small_options();
    (void)data::write_synthetic_store(folder.path() / "store", options.data.synthetic, 1);
    store = std::make_unique<data::Store>(data::Store::open(folder.path() / "store"));
    records = data::select_folds(*store, store->info().train_folds);
    std::vector<std::string> reports;
    for (const auto record : records) reports.push_back(store->report(record));
    tokenizer = std::make_unique<text::Tokenizer>(
        text::Tokenizer::from_bytes(text::train_tokenizer(reports, options.text.tokenizer).bytes, "small"));
  }
};

}  // namespace scar::training
