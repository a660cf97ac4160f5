#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "scar/core/fields.h"
#include "scar/tensor/safetensors.h"

namespace scar::tensor {

struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.98;
  double epsilon = 1e-6;
  double weight_decay = 0.1;  // decoupled; of matrices only, never of gains, biases, embeddings of one row, scalars
};
template <class Visitor>
void visit_fields(AdamWOptions& o, Visitor&& visit) {
  visit("beta1", o.beta1, Range{0.0, 0.9999}, "decay of the mean of gradients");
  visit("beta2", o.beta2, Range{0.0, 0.999999}, "decay of the mean of squared gradients");
  visit("epsilon", o.epsilon, Range{1e-12, 1e-2}, "added to the root of the second moment");
  visit("weight_decay", o.weight_decay, Range{0.0, 1.0}, "decoupled weight decay of matrices");
}

struct NamedParameter {
  std::string name;
  at::Tensor value;  // a leaf that requires a gradient
};

/// AdamW (Loshchilov and Hutter, 2019) by LibTorch's fused kernel. Parameters with two or more dimensions decay, others
/// do not. A parameter without a gradient in a step stays as it is, its step count too.
class AdamW {
 public:
  AdamW(std::vector<NamedParameter> parameters, AdamWOptions options);

  void zero_grad();                 // drops the gradients
  void step(double learning_rate);  // uses .grad() of each parameter
  /// Scales all gradients so that their joint 2-norm is at most max_norm (max_norm <= 0: only measures). Returns the
  /// norm before, 0-dim on the parameters' device; nothing waits for the device.
  at::Tensor clip_gradients(double max_norm);
  /// 0-dim bool: every gradient is finite.
  [[nodiscard]] at::Tensor gradients_finite() const;

  /// "<name>.exp_avg", "<name>.exp_avg_sq", "<name>.step" for every parameter: what a checkpoint stores. The tensors
  /// are the live ones.
  [[nodiscard]] NamedTensors state() const;
  /// Copies a stored state in. Throws Error(checkpoint_corrupt) listing missing, unexpected and wrongly shaped names.
  void load_state(const NamedTensors& state);

  [[nodiscard]] const std::vector<NamedParameter>& parameters() const { return parameters_; }
  [[nodiscard]] const AdamWOptions& options() const { return options_; }

 private:
  [[nodiscard]] std::vector<at::Tensor> gradients() const;

  std::vector<NamedParameter> parameters_;
  AdamWOptions options_;
  std::vector<at::Tensor> first_, second_, step_;  // moments and counts, one per parameter
  at::Tensor learning_rate_;                       // 0-dim, read by the fused kernel
};

}  // namespace scar::tensor
