#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <torch/nn/module.h>

#include "scar/tensor/safetensors.h"

namespace scar::model {

/// All parameters and buffers by name, as a safetensors file.
void save_weights(const torch::nn::Module& module, const std::filesystem::path& path,
                  const tensor::Metadata& metadata = {});

/// Copies a file's values into the module. Names that are missing, unexpected or of another shape are listed together
/// in one Error(weights_mismatch); then nothing has been changed. A file that is no such file is weights_invalid.
/// Returns the file's metadata.
tensor::Metadata load_weights(torch::nn::Module& module, const std::filesystem::path& path);
/// The same from tensors in memory; `origin` names them in messages.
void load_weights(torch::nn::Module& module, const tensor::NamedTensors& tensors, const std::string& origin);

/// The parameters and buffers themselves (not copies), by name.
[[nodiscard]] tensor::NamedTensors named_tensors(const torch::nn::Module& module);

struct ParameterCount {
  std::int64_t total = 0;
  std::int64_t trainable = 0;
};
[[nodiscard]] ParameterCount count_parameters(const torch::nn::Module& module);

}  // namespace scar::model
