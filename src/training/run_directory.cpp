#include "scar/training/run_directory.h"

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "scar/core/hash.h"
#include "scar/core/json.h"
#include "scar/core/log.h"
#include "scar/model/weights.h"
#include "scar/training/checkpoint.h"

namespace scar::training {

namespace fs = std::filesystem;

TrainOptions read_options(const fs::path& path) {
  TrainOptions options;
  Problems problems;
  FieldTable(options).read(read_yaml(path), problems);
  validate(options, problems);
  problems.throw_if_any();
  return options;
}

LoadedRun load_run(const fs::path& run, c10::Device device) {
  LoadedRun loaded;
  auto directory = run;
  if (directory.filename().empty()) directory = directory.parent_path();
  if (checkpoint_step(directory) >= 0) {
    loaded.checkpoint = directory;
    directory = fs::absolute(directory).parent_path().parent_path();
  }
  const RunPaths paths(directory);
  if (!fs::is_regular_file(paths.config())) {
    throw Error(Code::checkpoint_missing, "this is no run directory: it has no config.yaml")
        .at(run.string())
        .hint("name the folder that scar-train printed");
  }
  loaded.directory = directory;
  loaded.options = read_options(paths.config());
  loaded.config_sha256 = sha256_file(paths.config());

  if (loaded.checkpoint.empty() && fs::exists(paths.best())) {
    const auto best = read_json(paths.best(), static_cast<int>(Code::checkpoint_corrupt));
    try {
      loaded.checkpoint = paths.checkpoints() / best.at("checkpoint").get<std::string>();
      loaded.is_best = true;
    } catch (const Json::exception& problem) {
      throw Error(Code::checkpoint_corrupt, "best.json does not hold what it should")
          .at(paths.best().string())
          .got(problem.what());
    }
    if (checkpoint_step(loaded.checkpoint) < 0) {
      throw Error(Code::checkpoint_corrupt, "best.json names no checkpoint")
          .at(paths.best().string())
          .got(loaded.checkpoint.filename().string());
    }
  }
  if (loaded.checkpoint.empty()) {
    std::vector<std::string> passed_over;
    loaded.checkpoint = latest_checkpoint(paths.checkpoints(), passed_over);
    for (const auto& reason : passed_over) log::warn(41, cat("checkpoint passed over: ", reason));
    if (loaded.checkpoint.empty()) {
      throw Error(passed_over.empty() ? Code::checkpoint_missing : Code::checkpoint_corrupt,
                  "the run has no usable checkpoint")
          .at(paths.checkpoints().string())
          .hint("train it first, or name a checkpoint folder");
    }
  }
  if (const auto problem = verify_directory(loaded.checkpoint); !problem.empty()) {
    throw Error(Code::checkpoint_corrupt, problem)
        .at(loaded.checkpoint.string())
        .hint("name another checkpoint folder of this run instead of the run");
  }
  loaded.step = checkpoint_step(loaded.checkpoint);

  const auto identity = read_json(paths.identity(), static_cast<int>(Code::checkpoint_corrupt));
  if (identity.contains("signal") && !identity["signal"].is_null())
    loaded.signal = data::parse_signal_form(identity["signal"], paths.identity().string());
  loaded.tokenizer = std::make_shared<const text::Tokenizer>(text::Tokenizer::load(paths.vocabulary()));
  const auto wanted = identity.value("vocabulary_sha256", std::string());
  if (loaded.tokenizer->sha256() != wanted) {
    throw Error(Code::vocabulary_changed, "the run's vocabulary is not the one it was trained with")
        .at(paths.vocabulary().string())
        .got(loaded.tokenizer->sha256())
        .wanted(wanted);
  }
  auto model_options = model::resolve(loaded.options.model);
  model_options.text.vocabulary_size = loaded.tokenizer->vocabulary_size();
  loaded.model = std::make_shared<model::DualEncoder>(model_options, loaded.options.seed);
  const auto weights = loaded.checkpoint / "model.safetensors";
  model::load_weights(*loaded.model, weights);
  loaded.weights_sha256 = sha256_file(weights);
  loaded.model->to(device);
  loaded.model->eval();
  return loaded;
}

}  // namespace scar::training
