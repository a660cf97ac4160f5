#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evaluation_inputs.h"
#include "scar/evaluation/missingness.h"
#include "scar/evaluation/probe.h"
#include "scar/evaluation/zero_shot.h"

/// What all verbs of scar-probe share: who trains, who chooses, who is evaluated, and under which masks.
namespace scar::apps {

struct ProbeFlags : EvaluationFlags {
  std::string train_folds, selection_folds, test_folds;
  std::vector<std::string> masks;
  long long seed = 0;

  void declare(Command& command);
};

/// Records of one part, with their labels [records * classes].
struct ProbeRecords : evaluation::TaskRecords {
  std::vector<std::uint8_t> labels;
  [[nodiscard]] std::vector<std::string> patients(const data::Store& store) const;
};

enum Part { kTrain, kSelection, kEvaluation };

/// What is visible: everything, or what a rule leaves.
struct Condition {
  std::string name = "clean";
  std::array<std::optional<evaluation::RecordMasks>, 3> masks = {};  // by part
};

struct ProbeInputs {
  EvaluationInputs loaded;
  evaluation::ProbeSplit split;
  std::array<ProbeRecords, 3> parts;
  std::vector<Condition> conditions;  // clean comes first
  std::optional<training::TrainedShare> trained_on;
  bool on_test = false;

  [[nodiscard]] const std::vector<std::string>& classes() const { return parts[kTrain].classes; }
  [[nodiscard]] std::int64_t patch_samples() const { return loaded.run.model->options().ecg.patch_samples; }
};

/// Loads run and store, divides the records (patients disjoint, and what is evaluated did not train the run unless the
/// flags allow it: Error patient_in_two_splits), makes the masks. Errors of the command line come first, before
/// anything is read.
[[nodiscard]] ProbeInputs load_probe_inputs(const ProbeFlags& flags);

}  // namespace scar::apps
