#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "scar/data/store/store_reader.h"
#include "scar/text/tokenizer.h"
#include "scar/training/options.h"
#include "scar/training/run_directory.h"

namespace scar::training {

/// What a run learns from and is judged by: store, split and vocabulary.
struct Corpus {
  std::unique_ptr<data::Store> store;
  std::vector<std::int64_t> train, validation;  // numbers in the store
  std::vector<std::int32_t> groups;             // per training record: its group, 0 the largest (data.batch_by)
  std::vector<std::string> group_names;         // for instance "de", "en", "sv"
  std::vector<std::int64_t> empty_reports;      // left out: nothing in the report to align with
  std::int64_t without_content = 0;
  std::int64_t candidates = 0;         // train + all validation + left out
  std::int64_t validation_unused = 0;  // beyond data.validation_records
  std::unique_ptr<text::Tokenizer> tokenizer;

  [[nodiscard]] std::vector<std::int64_t> group_sizes() const;
};

/// Opens or makes the store, splits by patient, loads or trains the vocabulary. With `dry_run` nothing is written.
/// Errors: everything a store may be; patient_in_two_splits; split_empty; vocabulary_invalid.
[[nodiscard]] Corpus open_corpus(const TrainOptions& options, const RunPaths& paths, bool dry_run);

}  // namespace scar::training
