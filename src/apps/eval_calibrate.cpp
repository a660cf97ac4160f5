#include <cstdio>
#include <iostream>

#include <nlohmann/json.hpp>

#include "eval_verb.h"
#include "evaluation_inputs.h"
#include "evaluation_scores.h"
#include "scar/apps/arguments.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "scar/core/log.h"
#include "scar/evaluation/calibration_file.h"
#include "scar/evaluation/embed.h"
#include "scar/evaluation/results.h"
#include "scar/evaluation/zero_shot.h"
#include "scar/text/prompts.h"

namespace scar::apps {

namespace {

using namespace evaluation;

constexpr const char* kExample =
    "scar-eval calibrate runs/tiny --data stores/synth --task synth --out runs/tiny/synth.calibration.json";

struct CalibrateFlags : ModelFlags {
  std::string store, task, split = "validation", prompts, out;
  bool allow_test = false, allow_trained = false;
};

/// Probabilities that were fitted to the records that judge a model would be worth nothing.
void refuse_test(const CalibrateFlags& flags, const EvaluationSplit& split) {
  if (split.name != "test" || flags.allow_test) return;
  throw Error(Code::contradiction, "curves fitted on test folds would be judged by the records that made them")
      .at("command line: --split")
      .got(split.rule)
      .wanted("validation folds")
      .hint("say --allow-test if these folds will test nothing");
}

Json error_json(const std::optional<CalibrationError>& error) {
  if (!error) return nullptr;
  return {
      {"ece_equal_width", error->ece_equal_width}, {"ece_equal_mass", error->ece_equal_mass}, {"brier", error->brier}};
}

Json errors_json(const TaskCalibration& errors, const std::vector<std::string>& classes) {
  Json out = {{"mean", error_json(errors.mean)}, {"pooled", error_json(errors.pooled)}};
  for (std::size_t c = 0; c < classes.size(); ++c) out["classes"][classes[c]] = error_json(errors.classes[c]);
  return out;
}

std::string digits(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.2f", value);
  return buffer;
}

std::string table(const Calibration& calibration, const TaskCalibration& errors) {
  TextTable out({"class", "positives", "slope", "intercept", "ECE", "Brier"});
  const auto add_error = [](std::vector<std::string> row, const std::optional<CalibrationError>& error) {
    row.push_back(three_digits(error ? std::optional(error->ece_equal_width) : std::nullopt));
    row.push_back(three_digits(error ? std::optional(error->brier) : std::nullopt));
    return row;
  };
  for (std::size_t c = 0; c < calibration.classes.size(); ++c) {
    const auto& each = calibration.classes[c];
    out.add(add_error({each.name, cat(each.positives), each.curve ? digits(each.curve->slope) : "-",
                       each.curve ? digits(each.curve->intercept) : "-"},
                      errors.classes[c]));
  }
  out.add(add_error({"mean", "", "", ""}, errors.mean));
  return out.text();
}

int calibrate_command(const CalibrateFlags& flags, const Arguments& arguments) {
  check_can_save(flags.out, "--out");
  const auto inputs = load_model_and_store(flags, flags.store);
  (void)inputs.store.task(flags.task);  // an unknown task is said before anything is computed
  auto& model = *inputs.run.model;
  const auto split = choose_split(inputs.store, flags.split);
  refuse_test(flags, split);
  const auto prompts = text::PromptPack::load(find_prompts(flags.prompts, inputs.store.info().kind));
  const auto records = select_task_records(inputs.store, flags.task, split.folds, model.options().ecg.patch_samples);
  EvaluationFlags trained_flags;
  trained_flags.store = flags.store;
  trained_flags.allow_trained = flags.allow_trained;
  const auto trained = check_untrained(trained_flags, inputs, records.records);
  log::info(cat(flags.task, ": ", records.n_in, " records of the ", split.rule, "; ", records.records.size(),
                " scored, ", records.excluded.size(), " excluded; prompts ", prompts.origin()));
  const auto classes = embed_classes(model, *inputs.run.tokenizer, prompts, flags.task, records.classes, inputs.device,
                                     inputs.precision);
  EmbedOptions options;
  options.device = inputs.device;
  options.precision = inputs.precision;
  options.batch = flags.batch;
  const auto scored = zero_shot(model, inputs.store, records, classes, options);

  const Calibration calibration{flags.task, inputs.run.weights_sha256, prompts.hash(), fit_classes(scored.table)};
  const auto errors = calibration_errors(calibrated(calibration, scored.table));
  for (const auto& each : calibration.classes) {
    if (!each.curve) {
      log::warn(68,
                cat("class ", each.name, " has no curve: ", each.positives, " of ", each.n, " records are positive"));
    } else if (each.curve->slope <= 0) {
      log::warn(69, cat("class ", each.name, ": the curve falls, higher scores are not likelier to be positive"));
    }
  }

  auto document = calibration_json(calibration);
  document["made_by"] = model_identity(inputs.run, inputs.precision);
  document["store"] = {{"kind", inputs.store.info().kind}, {"manifest_sha256", inputs.store.manifest_hash()}};
  document["split"] = {{"name", split.name}, {"folds", split.folds}};
  document["records"] = {
      {"n_in", records.n_in}, {"n_scored", records.records.size()}, {"excluded", excluded_json(records.excluded)}};
  document["trained_on"] = trained_json(trained);
  document["errors_on_these_records"] = errors_json(errors, records.classes);
  write_file_atomically(flags.out, document.dump(2) + "\n");
  if (arguments.json()) {
    std::cout << document.dump(2) << "\n";
    return 0;
  }
  std::cout << "calibration " << flags.task << ", " << split.rule << ", " << records.records.size() << " records\n\n"
            << table(calibration, errors)
            << "\nECE and Brier score are those of the records that the curves were fitted on\nfile: " << flags.out
            << "\n";
  return 0;
}

class CalibrateVerb final : public EvalVerb {
 public:
  explicit CalibrateVerb(Arguments& arguments)
      : EvalVerb(arguments.verb("calibrate", "Curves that make probabilities of a task's scores (Platt), as a file.",
                                kExample)) {
    flags_.declare(command_);
    command_.option("--data", flags_.store, "store made by scar-prepare", true);
    command_.option("--task", flags_.task, "task of the store, for instance ptbxl-super", true);
    command_.option("--split", flags_.split, "validation, or folds: 8 or 7,8");
    declare_prompts(command_, flags_.prompts);
    command_.flag("--allow-test", flags_.allow_test, "fit on test folds");
    command_.flag("--allow-trained", flags_.allow_trained, "fit on records and patients that trained the run, too");
    command_.option("--out", flags_.out, "the file of curves, for scar-eval predict --calibration", true);
  }
  int run(const Arguments& arguments) override { return calibrate_command(flags_, arguments); }

 private:
  CalibrateFlags flags_;
};

}  // namespace

std::unique_ptr<EvalVerb> calibrate_verb(Arguments& arguments) { return std::make_unique<CalibrateVerb>(arguments); }

}  // namespace scar::apps
