#pragma once

#include <memory>

#include <torch/nn/module.h>

#include "layers.h"
#include "scar/model/model_options.h"

namespace scar::model {

struct Pooled {
  at::Tensor vector;       // [B, d] float
  at::Tensor weights;      // [B, M] float, 0 where not valid
  at::Tensor log_weights;  // [B, M] float, 0 where not valid
};

/// Pools tokens into one vector (docs/method.md, section 7).
///   selector: weights = softmax of a score of each token; children score (and hidden)
///   mean: equal weights
///   attention: multi-head attention of one learned query; weights are the mean over heads; query, key, value
///   cls: the encoder's extra token; weights are equal and mean nothing
class Selector : public torch::nn::Module {
 public:
  explicit Selector(const ModelOptions& options);

  /// hidden [B, M, d]; valid [B, M] bool; keep [B, M] float or undefined: weights multiply by it; cls [B, d] for `cls`.
  [[nodiscard]] Pooled pool(const at::Tensor& hidden, const at::Tensor& valid, const at::Tensor& keep,
                            const at::Tensor& cls) const;

 private:
  [[nodiscard]] at::Tensor score(const at::Tensor& hidden) const;  // [B, heads, M]

  std::string kind_;
  std::int64_t heads_ = 1;
  std::shared_ptr<Linear> hidden_, score_, key_, value_;
  at::Tensor query_;
};

}  // namespace scar::model
