#pragma once

#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "scar/core/random.h"
#include "scar/data/store/store_reader.h"
#include "scar/data/synthetic/store.h"
#include "scar/model/dual_encoder.h"
#include "scar/text/report_cleaning.h"
#include "scar/text/tokenizer_training.h"
#include "support/temporary_folder.h"

namespace scar::evaluation {

/// 80 synthetic records of 2 s, a vocabulary of their reports, and a fresh model with tokens of 250 ms.
class SyntheticModel : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    at::set_num_threads(1);
    folder_ = new test::TemporaryFolder();
    (void)data::write_synthetic_store(folder_->path() / "store", generator(), 1,
                                      [](std::string_view raw) { return text::clean_report(raw); });
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  static data::SyntheticOptions generator() {
    data::SyntheticOptions options;
    options.records = 80;
    options.seconds = 2;
    return options;
  }

  SyntheticModel() : store_(data::Store::open(folder_->path() / "store")) {
    std::vector<std::string> reports;
    for (std::int64_t i = 0; i < store_.size(); ++i) reports.push_back(store_.report(i));
    text::TokenizerOptions vocabulary;
    vocabulary.vocabulary_size = 120;
    tokenizer_ = std::make_unique<text::Tokenizer>(
        text::Tokenizer::from_bytes(text::train_tokenizer(reports, vocabulary).bytes, "test"));
    options_.width = 16;
    options_.embedding = 8;
    options_.ecg.patch_samples = 25;
    options_.ecg.max_patches = 8;
    options_.ecg.stem_channels = 4;
    options_.ecg.blocks = 2;
    options_.ecg.heads = 2;
    options_.text.blocks = 1;
    options_.text.heads = 2;
    options_.text.vocabulary_size = tokenizer_->vocabulary_size();
    options_.masker.width = 8;
    options_.masker.blocks = 1;
    options_.masker.heads = 2;
    records_.resize(static_cast<std::size_t>(store_.size()));
    std::iota(records_.begin(), records_.end(), 0);
    CounterRandom random(5, "classes");
    std::vector<float> values;
    for (int i = 0; i < 12 * 8; ++i) values.push_back(static_cast<float>(random.normal()));
    classes_ = at::tensor(values).view({12, 8});
    classes_ = classes_ / classes_.norm(2, -1, true);
  }
  [[nodiscard]] model::DualEncoder make_model() const { return {options_, 3}; }

  static inline test::TemporaryFolder* folder_ = nullptr;
  data::Store store_;
  std::unique_ptr<text::Tokenizer> tokenizer_;
  model::ModelOptions options_;
  std::vector<std::int64_t> records_;
  at::Tensor classes_;  // [12, 8]
};

}  // namespace scar::evaluation
