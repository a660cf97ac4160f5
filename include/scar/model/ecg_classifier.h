#pragma once

#include <memory>

#include <torch/nn/module.h>

#include "scar/model/ecg_encoder.h"
#include "scar/tensor/safetensors.h"

namespace scar::model {

class Linear;

/// Tokens pooled by their weights, before projection and normalisation: [B, d] of what encode() returned.
[[nodiscard]] at::Tensor pooled_tokens(const EcgFeatures& features);

/// An ECG encoder with a linear layer on its pooled tokens. Parameters: ecg.*, spelled as in the whole model, and
/// head.weight [classes, d], head.bias [classes].
class EcgClassifier : public torch::nn::Module {
 public:
  /// A copy of `encoder` (the tensors of an EcgEncoder of these options, by name) on the CPU. The head begins at
  /// weights 0 with `bias` [classes], so that it first says the same of every record. Error weights_mismatch.
  EcgClassifier(const ModelOptions& options, const tensor::NamedTensors& encoder, const at::Tensor& bias);
  ~EcgClassifier() override;

  [[nodiscard]] at::Tensor forward(const EcgInput& input);  // logits [B, classes] float

  std::shared_ptr<EcgEncoder> ecg;

 private:
  std::shared_ptr<Linear> head_;
};

}  // namespace scar::model
