#include "scar/evaluation/zero_shot.h"

#include <algorithm>
#include <map>

#include <ATen/ops/matmul.h>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/data/ecg_record.h"
#include "scar/data/store/splits.h"
#include "scar/data/visibility.h"
#include "scar/evaluation/scorer.h"

namespace scar::evaluation {

std::vector<std::string> TaskRecords::ids(const data::Store& store) const {
  std::vector<std::string> out;
  out.reserve(records.size());
  for (const auto record : records) out.push_back(store.id(record));
  return out;
}

std::vector<std::int64_t> first_by_hash(const data::Store& store, std::vector<std::int64_t> records, std::int64_t most,
                                        std::uint64_t seed, const std::string& purpose, const std::string& label) {
  if (most >= static_cast<std::int64_t>(records.size())) return records;
  std::vector<std::string> ids(static_cast<std::size_t>(store.size()));
  for (const auto record : records) ids[static_cast<std::size_t>(record)] = store.id(record);
  records = hash_order(std::move(records), ids, seed, purpose, label);
  records.resize(static_cast<std::size_t>(most));
  std::sort(records.begin(), records.end());
  return records;
}

TaskRecords select_task_records(const data::Store& store, const std::string& task, const std::vector<int>& folds,
                                std::int64_t patch_samples, std::int64_t limit) {
  TaskRecords out;
  out.task = task;
  out.classes = store.task(task).classes;
  out.folds = folds;
  auto candidates = data::select_folds(store, folds);
  if (limit > 0) candidates = first_by_hash(store, std::move(candidates), limit, 0, "limit", task);
  out.n_in = static_cast<std::int64_t>(candidates.size());
  const auto samples = store.info().samples;
  std::vector<std::int16_t> raw(static_cast<std::size_t>(12 * samples));
  std::vector<std::uint8_t> visible(static_cast<std::size_t>(12 * (samples / patch_samples)));
  for (const auto record : candidates) {
    if (store.labels(task, record)[0] == data::kNotInTask) {
      out.excluded.push_back({store.id(record), "not in the task"});
      continue;
    }
    store.read(record, raw.data());
    data::token_visibility(raw.data(), samples, store.info().rate_hz, patch_samples, visible.data());
    if (std::none_of(visible.begin(), visible.end(), [](std::uint8_t token) { return token != 0; })) {
      out.excluded.push_back({store.id(record), "nothing visible"});
      continue;
    }
    out.records.push_back(record);
  }
  if (out.records.empty()) {
    throw Error(Code::split_empty, cat("no record of the folds belongs to the task '", task, "'"))
        .got(cat(out.n_in, " records, all excluded"));
  }
  return out;
}

std::vector<std::uint8_t> labels_of(const data::Store& store, const std::string& task,
                                    const std::vector<std::int64_t>& records) {
  const auto classes = store.task(task).classes.size();
  std::vector<std::uint8_t> out;
  out.reserve(records.size() * classes);
  for (const auto record : records) {
    const auto* row = store.labels(task, record);
    out.insert(out.end(), row, row + classes);
  }
  return out;
}

ZeroShotResult zero_shot(model::DualEncoder& model, const data::Store& store, const TaskRecords& data,
                         const at::Tensor& class_embeddings, const EmbedOptions& options, const RecordMasks* masks) {
  const auto patch = model.options().ecg.patch_samples;
  const auto embedded =
      embed_records(model, store, data.records, options, masks == nullptr ? RemoveTokens{} : removal_by(*masks, patch));
  const auto scores =
      at::matmul(embedded.features, class_embeddings.to(at::kFloat).t()).to(at::kDouble).contiguous();  // cosines

  ZeroShotResult out;
  out.removed_share = embedded.removed_share();
  ScoreTable all;
  all.classes = data.classes;
  all.rows = static_cast<std::int64_t>(data.records.size());
  all.scores.assign(scores.data_ptr<double>(), scores.data_ptr<double>() + scores.numel());
  all.labels = labels_of(store, data.task, data.records);
  for (std::size_t row = 0; row < data.records.size(); ++row) {
    if (embedded.empty[row] != 0) {
      out.excluded.push_back({store.id(data.records[row]), "nothing visible under the mask"});
    } else {
      out.rows.push_back(static_cast<std::int64_t>(row));
    }
  }
  out.table = all.subset(out.rows);
  out.score = score_task(out.table);
  require_defined(out.score, cat("task '", data.task, "'"));

  std::map<std::string, std::vector<std::int64_t>> families;  // rows of out.table
  for (std::size_t i = 0; i < out.rows.size(); ++i) {
    const auto& family = store.recorder(data.records[static_cast<std::size_t>(out.rows[i])]);
    families[family.empty() ? "unknown" : family].push_back(static_cast<std::int64_t>(i));
  }
  if (families.size() > 1) {
    for (const auto& [family, rows] : families) out.families.push_back({family, score_task(out.table.subset(rows))});
  }
  return out;
}

}  // namespace scar::evaluation
