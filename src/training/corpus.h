#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "scar/data/masked_source.h"
#include "scar/data/store/store_set.h"
#include "scar/text/tokenizer.h"
#include "scar/training/options.h"
#include "scar/training/run_directory.h"

namespace scar::training {

/// What a run learns from and is judged by: store, split and vocabulary.
struct Corpus {
  struct LeftOut {
    std::int64_t record = 0;
    const char* reason = "";  // report_without_content; nothing_visible (behind data.missing)
  };

  std::unique_ptr<data::StoreSet> stores;
  std::unique_ptr<data::MaskedSource> masked;   // what data.missing leaves of them; none: all
  std::vector<std::int64_t> train, validation;  // numbers in the set
  std::vector<std::int32_t> groups;             // per training record: its group; a batch holds records of one
  std::vector<std::string> group_names;         // for instance "de", "en", "sv"; of several stores "ptbxl de"
  std::vector<double> group_weights;            // data.weights of its store
  std::vector<LeftOut> left_out;
  std::int64_t candidates = 0;         // train + all validation + left out
  std::int64_t validation_unused = 0;  // beyond data.validation_records
  std::unique_ptr<text::Tokenizer> tokenizer;

  [[nodiscard]] std::vector<std::int64_t> group_sizes() const;
  [[nodiscard]] const data::RecordSource& source() const;  // the signals as the run sees them
};

/// Opens the stores or makes one, splits by patient, checks that nothing of data.kept_apart trains, loads or trains the
/// vocabulary. With `dry_run` nothing is written. Errors: everything a store may be; store_mismatch;
/// patient_in_two_splits; split_empty; contradiction (a store that does not fill a batch, tokens that do not fit the records);
/// vocabulary_invalid; with data.missing what reading a record may be.
[[nodiscard]] Corpus open_corpus(const TrainOptions& options, const RunPaths& paths, bool dry_run);

}  // namespace scar::training
