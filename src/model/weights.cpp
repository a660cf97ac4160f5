#include "scar/model/weights.h"

#include <utility>

#include <ATen/core/grad_mode.h>

#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::model {

tensor::NamedTensors named_tensors(const torch::nn::Module& module) {
  tensor::NamedTensors out;
  for (const auto& item : module.named_parameters()) out[item.key()] = item.value();
  for (const auto& item : module.named_buffers()) out[item.key()] = item.value();
  return out;
}

void save_weights(const torch::nn::Module& module, const std::filesystem::path& path,
                  const tensor::Metadata& metadata) {
  tensor::save_safetensors(path, named_tensors(module), metadata);
}

void load_weights(torch::nn::Module& module, const tensor::NamedTensors& tensors, const std::string& origin) {
  const at::NoGradGuard no_grad;
  auto own = named_tensors(module);
  Problems problems;
  const auto complain = [&](std::string what, std::string got = {}, std::string wanted = {}) {
    Problem problem{.code = Code::weights_mismatch, .what = std::move(what), .where = origin};
    problem.got = std::move(got);
    problem.wanted = std::move(wanted);
    problems.add(std::move(problem));
  };
  for (const auto& [name, value] : own) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) {
      complain(cat("the weights lack '", name, "'"));
    } else if (found->second.sizes() != value.sizes()) {
      complain(cat("weights '", name, "' have another shape"), c10::str(found->second.sizes()),
               c10::str(value.sizes()));
    }
  }
  for (const auto& [name, value] : tensors) {
    if (!own.contains(name)) complain(cat("the weights have an unexpected '", name, "'"));
  }
  problems.throw_if_any();
  for (auto& [name, value] : own) value.copy_(tensors.at(name));
}

tensor::Metadata load_weights(torch::nn::Module& module, const std::filesystem::path& path) {
  auto file = tensor::load_safetensors(path);
  load_weights(module, file.tensors, path.string());
  return std::move(file.metadata);
}

ParameterCount count_parameters(const torch::nn::Module& module) {
  ParameterCount count;
  for (const auto& parameter : module.parameters()) {
    count.total += parameter.numel();
    if (parameter.requires_grad()) count.trainable += parameter.numel();
  }
  return count;
}

}  // namespace scar::model
