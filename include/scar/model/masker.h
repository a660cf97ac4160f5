#pragma once

#include <memory>

#include <torch/nn/module.h>

#include "scar/model/ecg_encoder.h"
#include "scar/model/model_options.h"

namespace scar::model {

class Transformer;
class Linear;
class LayerNorm;

/// Says which tokens the alignment needs most (docs/method.md, section 6): a small transformer over the visible tokens as
/// the encoder read them, told the report's embedding, whose outputs give a logit per lead, per time and per token. The higher a logit, the
/// sooner the token is removed; scar::model::remove turns logits into a removal.
class Masker : public torch::nn::Module {
 public:
  explicit Masker(const ModelOptions& options);
  ~Masker() override;

  /// Tokens of all 12 leads; text [B, D] unit embeddings, undefined if options.masker.text is false (and ignored then).
  /// Both are detached inside: no gradient reaches the towers from here. Returns a [B, N] float:
  /// alpha[lead] + beta[time] + gamma[token], centred over the visible tokens, then 8 tanh(a / 8); 0 where invisible.
  [[nodiscard]] at::Tensor logits(const ReadTokens& tokens, const at::Tensor& text = {});

 private:
  ModelOptions options_;
  std::shared_ptr<LayerNorm> norm_;
  std::shared_ptr<Linear> input_, text_, match_, lead_, time_, token_;
  std::shared_ptr<Transformer> transformer_;
};

}  // namespace scar::model
