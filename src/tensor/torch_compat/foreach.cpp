#include "torch_compat/foreach.h"

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>

#include "torch_compat/version_check.h"

namespace scar::tensor::compat {

void fused_adamw(const std::vector<at::Tensor>& parameters, const std::vector<at::Tensor>& gradients,
                 const std::vector<at::Tensor>& first, const std::vector<at::Tensor>& second,
                 const std::vector<at::Tensor>& steps, const at::Tensor& learning_rate, const AdamWNumbers& numbers) {
  at::_fused_adamw_(parameters, gradients, first, second, {}, steps, learning_rate, numbers.beta1, numbers.beta2,
                    numbers.weight_decay, numbers.epsilon, /*amsgrad=*/false, /*maximize=*/false);
}

void add_to_all(const std::vector<at::Tensor>& tensors, double value) { at::_foreach_add_(tensors, value); }

at::Tensor joint_norm(const std::vector<at::Tensor>& tensors) {
  return at::linalg_vector_norm(at::stack(at::_foreach_norm(tensors, 2)), 2);
}

void multiply_all(const std::vector<at::Tensor>& tensors, const at::Tensor& factor) {
  at::_foreach_mul_(tensors, factor);
}

}  // namespace scar::tensor::compat
