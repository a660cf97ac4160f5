#include <cstdio>
#include <iostream>

#include <nlohmann/json.hpp>

#include "eval_verb.h"
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
#include "task_inputs.h"

namespace scar::apps {

namespace {

using namespace evaluation;

constexpr const char* kExample =
    "scar-eval calibrate runs/tiny --data stores/synth --task synth --out runs/tiny/synth.calibration.json";

struct CalibrateFlags : TaskFlags {
  std::string curves;  // the file to write
  bool allow_test = false;
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

Json errors_json(const TaskCalibration& errors, const std::vector<std::string>& classes) {
  Json out = {{"mean", calibration_error_json(errors.mean)}, {"pooled", calibration_error_json(errors.pooled)}};
  for (std::size_t c = 0; c < classes.size(); ++c)
    out["classes"][classes[c]] = calibration_error_json(errors.classes[c]);
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
  check_can_save(flags.curves, "--out");
  const auto task = load_task(flags);
  refuse_test(flags, task.split);
  const auto& records = task.records;
  const auto scored = zero_shot(task.model(), task.inputs.store, records, task.classes, task.embed);

  const Calibration calibration{flags.task, task.inputs.run.weights_sha256, task.prompts.hash(),
                                fit_classes(scored.table)};
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
  document["made_by"] = model_identity(task.inputs.run, task.inputs.precision);
  document["store"] = {{"kind", task.inputs.store.info().kind}, {"manifest_sha256", task.inputs.store.manifest_hash()}};
  document["split"] = {{"name", task.split.name}, {"folds", task.split.folds}};
  document["records"] = records_json(records);
  document["trained_on"] = trained_json(task.trained);
  document["errors_on_these_records"] = errors_json(errors, records.classes);
  write_file_atomically(flags.curves, document.dump(2) + "\n");
  if (arguments.json()) {
    std::cout << document.dump(2) << "\n";
    return 0;
  }
  std::cout << "calibration " << flags.task << ", " << task.split.rule << ", " << records.records.size()
            << " records\n\n"
            << table(calibration, errors)
            << "\nECE and Brier score are those of the records that the curves were fitted on\nfile: " << flags.curves
            << "\n";
  return 0;
}

class CalibrateVerb final : public Verb {
 public:
  explicit CalibrateVerb(Arguments& arguments)
      : Verb(arguments.verb("calibrate", "Curves that make probabilities of a task's scores (Platt), as a file.",
                            kExample)) {
    flags_.ModelFlags::declare(command_);
    flags_.split = "validation";
    command_.option("--data", flags_.store, "store made by scar-prepare", true);
    command_.option("--task", flags_.task, "task of the store, for instance ptbxl-super", true);
    command_.option("--split", flags_.split, "validation, or folds: 8 or 7,8");
    declare_prompts(command_, flags_.prompts);
    command_.flag("--allow-test", flags_.allow_test, "fit on test folds");
    command_.flag("--allow-trained", flags_.allow_trained, "fit on records and patients that trained the run, too");
    command_.option("--out", flags_.curves, "the file of curves, for scar-eval predict --calibration", true);
  }
  int run(const Arguments& arguments) override { return calibrate_command(flags_, arguments); }

 private:
  CalibrateFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> calibrate_verb(Arguments& arguments) { return std::make_unique<CalibrateVerb>(arguments); }

}  // namespace scar::apps
