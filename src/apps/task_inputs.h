#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "evaluation_inputs.h"
#include "scar/evaluation/embed.h"
#include "scar/evaluation/zero_shot.h"
#include "scar/text/prompts.h"

/// What the verbs of scar-eval share that ask a task's prompts about a task's records.
namespace scar::apps {

struct TaskFlags : EvaluationFlags {
  std::string split = "auto", prompts;
  long long seed = 0, limit = 0;

  void declare(Command& command, const std::string& what_seed_does, bool with_task = true);
};

struct TaskInputs {
  EvaluationInputs inputs;
  EvaluationSplit split;
  text::PromptPack prompts;
  evaluation::TaskRecords records;
  std::optional<training::TrainedShare> trained;  // which of the records trained the run
  at::Tensor classes;                             // [C, D], unit length
  evaluation::EmbedOptions embed;
  std::uint64_t seed = 0;

  [[nodiscard]] model::DualEncoder& model() const { return *inputs.run.model; }
  [[nodiscard]] std::int64_t patch() const { return inputs.run.model->options().ecg.patch_samples; }
  [[nodiscard]] data::UnitGrid grid() const;  // of masks
};

/// Loads run and store, chooses records, encodes the prompts. Errors: those of load_inputs, choose_split,
/// check_untrained, PromptPack::load, select_task_records; out_of_range for --limit.
[[nodiscard]] TaskInputs load_task(const TaskFlags& flags);

/// Fills in inputs, split, prompts, embedding options and seed, and no task: for what asks several tasks. Error
/// out_of_range for --limit.
[[nodiscard]] TaskInputs load_without_task(const TaskFlags& flags);
/// Chooses the records of a task and encodes its prompts.
void add_task(TaskInputs& task, const TaskFlags& flags, const std::string& name);

/// result_head() with task, split, prompts, seed, limit, records in and out, and what trained the run.
[[nodiscard]] Json task_head(const std::string& kind, const TaskInputs& task, const TaskFlags& flags,
                             const Arguments& arguments);
/// {"n_in", "n_scored", "excluded"}
[[nodiscard]] Json records_json(const evaluation::TaskRecords& records);
/// What decides the figures of every verb; the verb adds its own.
[[nodiscard]] Json task_identity(const Json& document);

}  // namespace scar::apps
