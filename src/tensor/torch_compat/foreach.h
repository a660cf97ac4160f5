#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

namespace scar::tensor::compat {

struct AdamWNumbers {
  double beta1, beta2, epsilon, weight_decay;
};

/// One AdamW update of all parameters, in place, by LibTorch's fused kernel (CPU and CUDA). `steps`: 0-dim float
/// tensors, one per parameter, already counting this update. `learning_rate`: 0-dim.
void fused_adamw(const std::vector<at::Tensor>& parameters, const std::vector<at::Tensor>& gradients,
                 const std::vector<at::Tensor>& first, const std::vector<at::Tensor>& second,
                 const std::vector<at::Tensor>& steps, const at::Tensor& learning_rate, const AdamWNumbers& numbers);

void add_to_all(const std::vector<at::Tensor>& tensors, double value);
/// 2-norm over all tensors together, 0-dim; at least one tensor.
[[nodiscard]] at::Tensor joint_norm(const std::vector<at::Tensor>& tensors);
void multiply_all(const std::vector<at::Tensor>& tensors, const at::Tensor& factor);

}  // namespace scar::tensor::compat
