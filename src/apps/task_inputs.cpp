#include "task_inputs.h"

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/log.h"
#include "scar/evaluation/results.h"

namespace scar::apps {

using namespace evaluation;

void TaskFlags::declare(Command& command, const std::string& what_seed_does, bool with_task) {
  EvaluationFlags::declare(command, with_task);
  declare_split(command, split);
  declare_prompts(command, prompts);
  command.option("--seed", seed, what_seed_does);
  command.option("--limit", limit, "at most so many records, chosen by hash; 0: all");
}

data::UnitGrid TaskInputs::grid() const {
  const auto& info = inputs.store.info();
  return data::unit_grid(info.samples, info.rate_hz, patch());
}

TaskInputs load_without_task(const TaskFlags& flags) {
  require_range("--limit", flags.limit, 0, 1'000'000'000, "0 (no limit) or more");
  auto inputs = load_inputs(flags);
  auto split = choose_split(inputs.store, flags.split);
  auto prompts = text::PromptPack::load(find_prompts(flags.prompts, inputs.store.info().kind));
  TaskInputs out{std::move(inputs), std::move(split), std::move(prompts), {}, {}, {}, {}, 0};
  out.embed.device = out.inputs.device;
  out.embed.precision = out.inputs.precision;
  out.embed.batch = flags.batch;
  out.seed = static_cast<std::uint64_t>(flags.seed);
  return out;
}

void add_task(TaskInputs& task, const TaskFlags& flags, const std::string& name) {
  task.records = select_task_records(task.inputs.store, name, task.split.folds, task.patch(), flags.limit);
  task.trained = check_untrained(flags, task.inputs, task.records.records);
  task.classes = embed_classes(task.model(), *task.inputs.run.tokenizer, task.prompts, name, task.records.classes,
                               task.inputs.device, task.inputs.precision);
  log::info(cat(name, ": ", task.records.n_in, " records of the ", task.split.rule, "; ", task.records.records.size(),
                " scored, ", task.records.excluded.size(), " excluded; prompts ", task.prompts.origin()));
}

TaskInputs load_task(const TaskFlags& flags) {
  auto task = load_without_task(flags);
  add_task(task, flags, flags.task);
  return task;
}

Json records_json(const TaskRecords& records) {
  return {{"n_in", records.n_in}, {"n_scored", records.records.size()}, {"excluded", excluded_json(records.excluded)}};
}

Json task_head(const std::string& kind, const TaskInputs& task, const TaskFlags& flags, const Arguments& arguments) {
  auto document = result_head(kind, task.inputs, arguments);
  if (!task.records.task.empty()) {
    document["task"] = task.records.task;
    document["records"] = records_json(task.records);
    document["trained_on"] = trained_json(task.trained);
  }
  document["split"] = {{"name", task.split.name}, {"folds", task.split.folds}, {"rule", task.split.rule}};
  document["prompts"] = {{"file", task.prompts.origin()}, {"sha256", task.prompts.hash()}};
  const auto grid = task.grid();
  document["unit"] = {{"block_ms", 1000.0 * static_cast<double>(grid.block_samples) / grid.rate_hz}};
  document["token_ms"] = 1000.0 * static_cast<double>(task.patch()) / grid.rate_hz;
  document["seed"] = task.seed;
  document["limit"] = flags.limit;
  return document;
}

Json task_identity(const Json& document) {
  return {document["run"]["weights_sha256"],
          document["store"]["manifest_sha256"],
          document["prompts"]["sha256"],
          document["split"]["folds"],
          document["seed"],
          document["limit"],
          document["precision"]};
}

}  // namespace scar::apps
