#pragma once

#include <cstdint>
#include <string>

#include <c10/core/Device.h>

#include "flag_values.h"
#include "scar/apps/arguments.h"
#include "scar/core/json.h"
#include "scar/tensor/autocast.h"
#include "scar/training/run_directory.h"

/// A trained model, as every program asks for one that uses it.
namespace scar::apps {

struct ModelFlags {
  std::string run, device = "auto", precision = "auto";
  long long threads = 0, batch = 64;

  void declare(Command& command);
};

struct ModelInputs {
  c10::Device device = c10::Device(c10::DeviceType::CPU);
  tensor::Precision precision = tensor::Precision::fp32;
  training::LoadedRun run;
};

/// Sets the threads, resolves device and precision, loads the run.
[[nodiscard]] ModelInputs load_model(const ModelFlags& flags);

/// Error contradiction unless records of this length are whole tokens, and not more than the model knows; `where` names
/// the store or record.
void check_length(const model::DualEncoder& model, std::int64_t samples, double rate_hz, const std::string& where);

/// Who made a file from what, without what may differ between equal files: paths, command line, device.
/// {"scar", "weights_sha256", "config_sha256", "vocabulary_sha256", "step", "precision"}
[[nodiscard]] Json model_identity(const training::LoadedRun& run, tensor::Precision precision);

}  // namespace scar::apps
