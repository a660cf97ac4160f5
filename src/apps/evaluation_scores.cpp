#include "evaluation_scores.h"

#include <algorithm>
#include <filesystem>
#include <thread>

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/evaluation/compared_files.h"
#include "scar/evaluation/figure_json.h"

namespace scar::apps {

using namespace evaluation;

void check_can_save(const std::string& file, const std::string& flag) {
  if (file.empty()) return;
  const std::filesystem::path path(file);
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  if (!std::filesystem::is_directory(folder)) {
    throw Error(Code::data_missing, "the folder for this file is not there")
        .at(cat("command line: ", flag))
        .got(file)
        .hint(cat("mkdir -p ", folder.string()));
  }
  if (std::filesystem::is_directory(path)) {
    throw Error(Code::output_exists, "a folder has the name of this file").at(cat("command line: ", flag)).got(file);
  }
}

int bootstrap_jobs(long long threads) {
  return static_cast<int>(threads > 0 ? threads : std::max(1U, std::thread::hardware_concurrency()));
}

ZeroShotScores scores_head(const TaskInputs& task) {
  const auto& store = task.inputs.store;
  const auto& records = task.records;
  const auto grid = task.grid();
  ZeroShotScores out;
  out.task = records.task;
  out.split = task.split.name;
  out.classes = records.classes;
  out.ids = records.ids(store);
  for (const auto record : records.records) out.patients.push_back(store.patient(record));
  out.labels = labels_of(store, records.task, records.records);
  out.prompts_sha256 = task.prompts.hash();
  out.store_sha256 = store.manifest_hash();
  out.store_kind = store.info().kind;
  out.provenance = store.info().provenance_json;
  out.block_ms = 1000.0 * static_cast<double>(grid.block_samples) / grid.rate_hz;
  out.run = task.inputs.run.directory.string();
  out.weights_sha256 = task.inputs.run.weights_sha256;
  out.config_sha256 = task.inputs.run.config_sha256;
  out.seed = task.inputs.run.options.seed;
  return out;
}

std::map<std::string, std::optional<Interval>> intervals_of(const ZeroShotScores& scores, std::uint64_t seed, int jobs,
                                                            Json& about) {
  const auto model = compared_model(scores, "this evaluation");
  BootstrapOptions options;
  options.seed = seed;
  options.jobs = jobs;
  const auto intervals = own_intervals(model, options);
  about = bootstrap_json(options);
  about["patients"] = model.patients.count;
  auto& figures = about["figures"] = Json::object();
  std::map<std::string, std::optional<Interval>> out;
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    const auto& condition = model.conditions[i];
    out[condition.name] = intervals[i];
    figures[condition.name] = {{"figure", condition.what}, {"ci95", interval_json(intervals[i])}};
  }
  return out;
}

}  // namespace scar::apps
