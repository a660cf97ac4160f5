#include "evaluation_inputs.h"

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/log.h"
#include "scar/core/version.h"
#include "scar/tensor/plugin.h"
#include "shared_files.h"

namespace scar::apps {

namespace fs = std::filesystem;

void EvaluationFlags::declare(Command& command, bool with_task) {
  ModelFlags::declare(command);
  command.option("--data", store, "store made by scar-prepare", true);
  if (with_task) command.option("--task", task, "task of the store, for instance ptbxl-super", true);
  command.flag("--allow-trained", allow_trained, "evaluate records and patients that trained the run, too");
  command.option("--out", out, "folder for the result (default: RUN/results)");
}

EvaluationInputs load_model_and_store(const ModelFlags& flags, const std::string& store) {
  auto model = load_model(flags);
  auto opened = data::Store::open(store);
  check_length(*model.run.model, opened.samples(), opened.rate_hz(), store);
  log::info(cat("store ", store, ", ", opened.size(), " records"));
  return {model.device, model.precision, std::move(model.run), std::move(opened), {}};
}

EvaluationInputs load_inputs(const EvaluationFlags& flags) {
  auto inputs = load_model_and_store(flags, flags.store);
  inputs.results = flags.out.empty() ? training::RunPaths(inputs.run.directory).results() : fs::path(flags.out);
  if (!flags.task.empty()) (void)inputs.store.task(flags.task);  // an unknown task is said before anything is computed
  return inputs;
}

std::vector<int> parse_folds(const std::string& text, const std::string& flag) {
  std::vector<int> out;
  for (std::size_t first = 0; first < text.size();) {
    const auto comma = std::min(text.find(',', first), text.size());
    int fold = 0;
    const auto end = text.data() + comma;
    if (const auto result = std::from_chars(text.data() + first, end, fold);
        result.ec != std::errc() || result.ptr != end) {
      throw Error(Code::wrong_type, cat(flag, " is not a list of folds"))
          .at("command line")
          .got(text)
          .wanted("numbers with commas: 1,2,3");
    }
    out.push_back(fold);
    first = comma + 1;
  }
  return out;
}

void declare_split(Command& command, std::string& split) {
  command.option(
      "--split", split,
      "auto | test | validation | train, or folds: 8 or 7,8; auto: test folds if the store has them, else validation");
}

EvaluationSplit choose_split(const data::Store& store, const std::string& asked) {
  const auto& info = store.info();
  const auto present = folds_present(store);
  const auto there = [&](const std::vector<int>& folds) {
    return std::any_of(folds.begin(), folds.end(),
                       [&](int fold) { return std::find(present.begin(), present.end(), fold) != present.end(); });
  };
  if (asked == "auto") {
    if (there(info.test_folds)) return {"test", info.test_folds, cat("test folds ", join(info.test_folds))};
    return {"validation", info.validation_folds,
            cat("validation folds ", join(info.validation_folds), "; the store holds no test folds")};
  }
  if (asked == "test") return {asked, info.test_folds, cat("test folds ", join(info.test_folds))};
  if (asked == "validation")
    return {asked, info.validation_folds, cat("validation folds ", join(info.validation_folds))};
  if (asked == "train") return {asked, info.train_folds, cat("train folds ", join(info.train_folds))};
  if (asked.find_first_not_of("0123456789,") == std::string::npos) {
    auto folds = parse_folds(asked, "--split");
    const bool tests = std::any_of(folds.begin(), folds.end(), [&](int fold) {
      return std::find(info.test_folds.begin(), info.test_folds.end(), fold) != info.test_folds.end();
    });
    auto rule = cat("folds ", join(folds));
    return {tests ? "test" : cat("folds-", asked), std::move(folds), std::move(rule)};
  }
  throw Error(Code::usage, cat("unknown split '", asked, "'"))
      .at("command line: --split")
      .wanted("auto, test, validation, train, or folds with commas");
}

std::optional<training::TrainedShare> check_untrained(const EvaluationFlags& flags, const EvaluationInputs& inputs,
                                                      const std::vector<std::int64_t>& records) {
  const auto share =
      training::count_trained(training::RunPaths(inputs.run.directory).trained_on(), inputs.store, records);
  if (!share) {
    log::info("the run does not say what it was trained on: whether these records are new to it was not checked");
    return std::nullopt;
  }
  if (share->signals + share->patients > 0) {
    const auto what = cat(share->signals, " of ", records.size(), " records trained the run, ", share->patients,
                          " more are of patients who did");
    if (!flags.allow_trained) {
      throw Error(Code::patient_in_two_splits, "the run was trained on records that are to be evaluated")
          .at(flags.store)
          .got(what)
          .wanted("records and patients that are new to the run")
          .hint("evaluate other folds, or say --allow-trained and do not call the result a test");
    }
    log::warn(33, cat(what, "; the result is no test"));
  }
  return share;
}

Json trained_json(const std::optional<training::TrainedShare>& share) {
  if (!share) return nullptr;
  return {{"records", share->signals}, {"other_records_of_their_patients", share->patients}};
}

Json result_head(const std::string& kind, const EvaluationInputs& inputs, const Arguments& arguments) {
  Json head;
  head["format"] = "scar-result";
  head["version"] = 1;
  head["kind"] = kind;
  head["scar"] = {{"version", version()}, {"revision", revision()}};
  head["command"] = arguments.command_line();
  head["run"] = {{"directory", inputs.run.directory.string()},
                 {"seed", inputs.run.options.seed},
                 {"checkpoint", inputs.run.checkpoint.filename().string()},
                 {"step", inputs.run.step},
                 {"best", inputs.run.is_best},
                 {"weights_sha256", inputs.run.weights_sha256},
                 {"config_sha256", inputs.run.config_sha256},
                 {"vocabulary_sha256", inputs.run.tokenizer->sha256()}};
  head["store"] = {{"folder", inputs.store.folder().string()},
                   {"kind", inputs.store.info().kind},
                   {"rate_hz", inputs.store.info().rate_hz},
                   {"samples", inputs.store.info().samples},
                   {"manifest_sha256", inputs.store.manifest_hash()},
                   // label and window variants, filters: figures of different ones are not comparable
                   {"provenance", parse_json(inputs.store.info().provenance_json, "provenance",
                                             static_cast<int>(Code::manifest_invalid))}};
  head["device"] = inputs.device.str();
  head["precision"] = tensor::precision_name(inputs.precision);
  return head;
}

std::string join(const std::vector<int>& numbers) {
  std::string out;
  for (const int number : numbers) out += cat(out.empty() ? "" : ", ", number);
  return out;
}

std::vector<int> folds_present(const data::Store& store) {
  std::vector<int> out;
  for (std::int64_t record = 0; record < store.size(); ++record) out.push_back(store.fold(record));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

void declare_prompts(Command& command, std::string& prompts) {
  command.option("--prompts", prompts, "prompt pack (default: the one for this kind of store)");
}

fs::path find_prompts(const std::string& asked, const std::string& store_kind) {
  if (!asked.empty()) return asked;
  if (const auto found = find_shared(fs::path("prompts") / cat(store_kind, ".yaml"))) return *found;
  throw Error(Code::prompts_invalid, cat("no prompts are known for stores of kind '", store_kind, "'"))
      .hint("name a file: --prompts FILE");
}

}  // namespace scar::apps
