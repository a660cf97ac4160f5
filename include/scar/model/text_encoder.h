#pragma once

#include <memory>

#include <torch/nn/module.h>

#include "scar/model/model_options.h"

namespace scar::model {

class Transformer;

/// Text tower (docs/method.md, section 4): learned token and position embeddings, pre-norm transformer over the valid
/// tokens, mean over them, projection. Padding and the other texts of the batch change nothing.
class TextEncoder : public torch::nn::Module {
 public:
  explicit TextEncoder(const ModelOptions& options);  // text.vocabulary_size must be set
  ~TextEncoder() override;

  /// ids [B, L] int64 with L <= max_tokens, values beyond the length are ignored; lengths [B] int64, at least 1.
  /// Returns [B, D] float, unit length.
  [[nodiscard]] at::Tensor forward(const at::Tensor& ids, const at::Tensor& lengths);

 private:
  ModelOptions options_;
  at::Tensor token_, position_;  // [V, w], [max_tokens, w]
  std::shared_ptr<Transformer> transformer_;
  at::Tensor projection_;  // [D, w]
};

}  // namespace scar::model
