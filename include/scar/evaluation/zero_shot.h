#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "scar/data/store/store_reader.h"
#include "scar/evaluation/embed.h"
#include "scar/evaluation/missingness.h"
#include "scar/evaluation/scores.h"
#include "scar/model/dual_encoder.h"

namespace scar::evaluation {

struct ExcludedRecord {
  std::string id, reason;  // "not in the task", "nothing visible", "nothing visible under the mask"
};

/// Records that a task is evaluated on. n_in = records + excluded: nothing vanishes.
struct TaskRecords {
  std::string task;
  std::vector<std::string> classes;
  std::vector<int> folds;
  std::vector<std::int64_t> records;  // numbers in the store
  std::vector<ExcludedRecord> excluded;
  std::int64_t n_in = 0;

  [[nodiscard]] std::vector<std::string> ids(const data::Store& store) const;
};

/// At most `most` of some records of a store, the first in hash_order(), in ascending order.
[[nodiscard]] std::vector<std::int64_t> first_by_hash(const data::Store& store, std::vector<std::int64_t> records,
                                                      std::int64_t most, std::uint64_t seed, const std::string& purpose,
                                                      const std::string& label);

/// Records of the folds that belong to the task and have something visible. `limit` > 0: of all records of the folds,
/// the first so many by hash. Errors: task_missing, split_empty.
[[nodiscard]] TaskRecords select_task_records(const data::Store& store, const std::string& task,
                                              const std::vector<int>& folds, std::int64_t patch_samples,
                                              std::int64_t limit = 0);

/// Labels of some rows [rows * classes] as 0 and 1.
[[nodiscard]] std::vector<std::uint8_t> labels_of(const data::Store& store, const std::string& task,
                                                  const std::vector<std::int64_t>& records);

struct FamilyScore {
  std::string family;  // of recording devices; "unknown" where the store does not know
  TaskScore score;
};

struct ZeroShotResult {
  ScoreTable table;                // of the scored records
  std::vector<std::int64_t> rows;  // scored rows, as numbers in TaskRecords::records
  TaskScore score;
  std::vector<FamilyScore> families;     // by name; empty if the store knows one family or none
  std::vector<ExcludedRecord> excluded;  // under the mask, beside those of TaskRecords
  double removed_share = 0;              // of the visible tokens
};

/// Zero-shot diagnosis: the score of (record, class) is the cosine of their embeddings; no softmax over classes, no
/// statistics of a batch. `masks` (or null) are those of data.records. Error undefined_score if no class is defined.
[[nodiscard]] ZeroShotResult zero_shot(model::DualEncoder& model, const data::Store& store, const TaskRecords& data,
                                       const at::Tensor& class_embeddings, const EmbedOptions& options,
                                       const RecordMasks* masks = nullptr);

}  // namespace scar::evaluation
