#include <filesystem>
#include <iostream>

#include "scar/apps/arguments.h"
#include "scar/apps/run.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/fields.h"
#include "scar/core/file_transaction.h"
#include "scar/core/stop_flag.h"
#include "scar/training/run_directory.h"
#include "scar/training/trainer.h"

namespace scar::apps {

int train(int argc, const char* const* argv) {
  Arguments arguments(
      "scar-train",
      "Trains a model. Every key of the configuration is a flag: --train.batch=64. --list-keys shows them.",
      "scar-train --config configs/tiny.yaml", argc, argv);
  auto& line = arguments.root();
  std::vector<std::string> configs, allow_changed;
  std::vector<std::pair<std::string, std::string>> keys;
  std::string run_directory, resume = "auto", init_from;
  bool list_keys = false, print_config = false, dry_run = false;
  line.option("--config", configs, "YAML file; several are read from left to right, the last value wins");
  line.option("--run-dir", run_directory, "where the run lives (default: runs/<name of the config>)");
  line.option(
      "--resume", resume,
      "auto: continue or start; must: continue or fail; never: want an empty run directory; or a checkpoint folder");
  line.option("--init-from", init_from, "start from the weights of a run, a checkpoint or a safetensors file");
  line.option("--allow-changed", allow_changed, "this key may differ from the run that is continued");
  line.flag("--dry-run", dry_run, "check configuration and data, start nothing");
  line.flag("--print-config", print_config, "print the configuration that would run, and leave");
  line.flag("--list-keys", list_keys, "print every key with type, range, default and meaning, and leave");
  line.accept_keys(keys);
  if (!arguments.parse()) return 0;

  training::TrainRequest request;
  FieldTable table(request.options);
  if (list_keys) {
    std::cout << table.key_list();
    return 0;
  }
  Problems problems;
  for (const auto& path : configs) {
    try {
      table.read(read_yaml(path), problems);
    } catch (const Error& error) {
      for (const auto& problem : error.problems()) problems.add(problem);
    }
  }
  for (const auto& [key, value] : keys) table.set_flag(key, value, problems);
  table.check_required(problems);
  if (problems.empty()) training::validate(request.options, problems);
  for (const auto& key : allow_changed) {
    static const std::vector<std::string> kIdentity{"store_manifest_sha256",
                                                    "vocabulary_sha256",
                                                    "train_records",
                                                    "validation_records",
                                                    "threads",
                                                    "precision",
                                                    "device",
                                                    "cpu_capability",
                                                    "seed"};
    bool known = table.find(key) != nullptr;
    for (const auto& name : kIdentity) known = known || name == key;
    if (!known)
      problems.add({.code = Code::unknown_key,
                    .what = cat("--allow-changed names no key: '", key, "'"),
                    .hint = "--list-keys shows them"});
  }
  problems.throw_if_any();
  if (print_config) {
    std::cout << table.to_yaml();
    return 0;
  }
  if (configs.empty() && keys.empty()) {
    throw Error(Code::usage, "no configuration").at("command line").hint("scar-train --config configs/tiny.yaml");
  }
  request.run_directory = !run_directory.empty() ? std::filesystem::path(run_directory)
                          : configs.empty()
                              ? std::filesystem::path("runs/unnamed")
                              : std::filesystem::path("runs") / std::filesystem::path(configs.back()).stem();
  if (resume == "auto")
    request.resume = training::Resume::automatic;
  else if (resume == "must")
    request.resume = training::Resume::must;
  else if (resume == "never")
    request.resume = training::Resume::never;
  else {
    request.resume = training::Resume::must;
    request.resume_from = resume;
    if (!std::filesystem::is_directory(resume)) {
      throw Error(Code::usage, "--resume is auto, must, never or a checkpoint folder")
          .at(cat("command line: --resume=", resume));
    }
  }
  request.init_from = init_from;
  request.allow_changed = allow_changed;
  request.command_line = arguments.command_line();
  request.dry_run = dry_run;
  install_stop_handlers();
  const int status = training::train(request);
  if (arguments.json() && !dry_run) std::cout << read_file(training::RunPaths(request.run_directory).status());
  return status;
}

}  // namespace scar::apps
