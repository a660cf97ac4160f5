#include "model_inputs.h"

#include <ATen/Parallel.h>
#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/log.h"
#include "scar/core/version.h"
#include "scar/tensor/plugin.h"

namespace scar::apps {

void ModelFlags::declare(Command& command) {
  command.positional("RUN", run, "run directory (its best checkpoint, else its last) or a checkpoint folder");
  command.option("--device", device, "auto | cpu | cuda | cuda:1");
  command.option("--precision", precision, "auto | fp32 | bf16; auto: bf16 where the hardware is faster with it");
  command.option("--threads", threads, "CPU threads; 0: all cores");
  command.option("--batch", batch, "records at a time; results do not depend on it");
}

ModelInputs load_model(const ModelFlags& flags) {
  require_range("--batch", flags.batch, 1, 65536);
  require_range("--threads", flags.threads, 0, 1024);
  if (flags.threads > 0) at::set_num_threads(static_cast<int>(flags.threads));
  const auto device = tensor::resolve_device(flags.device);
  ModelInputs inputs{device, tensor::resolve_precision(flags.precision, device), training::load_run(flags.run, device)};
  log::info(cat("run ", inputs.run.directory.string(), ", step ", inputs.run.step,
                inputs.run.is_best ? " (best)" : " (last)", "; ", tensor::describe_device(device), ", ",
                tensor::precision_name(inputs.precision)));
  if (const auto& missing = inputs.run.options.data.missing; !missing.empty()) {
    log::warn(34, cat("the run was trained without what the mask ", missing,
                      " removes; to anything else it gives a weight that nothing has taught"));
  }
  return inputs;
}

void check_length(const model::DualEncoder& model, std::int64_t samples, double rate_hz, const std::string& where) {
  const auto& ecg = model.options().ecg;
  if (samples % ecg.patch_samples == 0 && samples / ecg.patch_samples <= ecg.max_patches) return;
  throw Error(Code::contradiction, "the model's tokens do not fit the records")
      .at(where)
      .got(cat(samples, " samples at ", rate_hz, " Hz"))
      .wanted(cat("a multiple of ", ecg.patch_samples, " samples, at most ", ecg.patch_samples * ecg.max_patches))
      .hint("records need the rate that the model was trained with");
}

Json model_identity(const training::LoadedRun& run, tensor::Precision precision) {
  return {{"scar", version()},
          {"weights_sha256", run.weights_sha256},
          {"config_sha256", run.config_sha256},
          {"vocabulary_sha256", run.tokenizer->sha256()},
          {"step", run.step},
          {"precision", tensor::precision_name(precision)}};
}

}  // namespace scar::apps
