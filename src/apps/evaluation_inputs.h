#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <c10/core/Device.h>

#include "model_inputs.h"
#include "scar/apps/arguments.h"
#include "scar/core/json.h"
#include "scar/data/store/store_reader.h"
#include "scar/tensor/autocast.h"
#include "scar/training/run_directory.h"
#include "scar/training/trained_on.h"

/// What scar-eval and scar-probe share: flags, loading, the head of a result.
namespace scar::apps {

struct EvaluationFlags : ModelFlags {
  std::string store, task, out;
  bool allow_trained = false;

  void declare(Command& command, bool with_task = true);
};

struct EvaluationInputs {
  c10::Device device = c10::Device(c10::DeviceType::CPU);
  tensor::Precision precision = tensor::Precision::fp32;
  training::LoadedRun run;
  data::Store store;
  std::filesystem::path results;  // folder
};

/// Sets the threads, resolves device and precision, loads run and store, and checks that they fit: the record is whole
/// patches, and not more than the model knows; the store has the task, if the flags name one.
[[nodiscard]] EvaluationInputs load_inputs(const EvaluationFlags& flags);

/// The same without a task and a folder of results.
[[nodiscard]] EvaluationInputs load_model_and_store(const ModelFlags& flags, const std::string& store);

/// Which records are asked about: folds of the store.
struct EvaluationSplit {
  std::string name;  // "test" (as soon as one fold is for tests), "validation", "train", "folds-8"
  std::vector<int> folds;
  std::string rule;  // for people
};
/// "1,2,3"; Error(wrong_type) naming the flag.
[[nodiscard]] std::vector<int> parse_folds(const std::string& text, const std::string& flag);
void declare_split(Command& command, std::string& split);
/// --split. Error(usage) for an unknown name.
[[nodiscard]] EvaluationSplit choose_split(const data::Store& store, const std::string& asked);

/// Records that trained the run, and other records of patients who did, are no test: Error patient_in_two_splits unless
/// --allow-trained was said. nullopt if the run does not remember its training records.
std::optional<training::TrainedShare> check_untrained(const EvaluationFlags& flags, const EvaluationInputs& inputs,
                                                      const std::vector<std::int64_t>& records);
/// What a result says of it.
[[nodiscard]] Json trained_json(const std::optional<training::TrainedShare>& share);

/// Who made the result from what: scar, run, weights, store, device, precision, command.
[[nodiscard]] Json result_head(const std::string& kind, const EvaluationInputs& inputs, const Arguments& arguments);

[[nodiscard]] std::string join(const std::vector<int>& numbers);
[[nodiscard]] std::vector<int> folds_present(const data::Store& store);

void declare_prompts(Command& command, std::string& prompts);
/// --prompts, or else prompts/<kind of store>.yaml: in configs/ of the working folder or of a folder above the program,
/// or in share/scar/configs/ of the installation. Error prompts_invalid if there is none.
[[nodiscard]] std::filesystem::path find_prompts(const std::string& asked, const std::string& store_kind);

}  // namespace scar::apps
