#pragma once

#include <cstdint>
#include <memory>

#include <torch/nn/module.h>

#include "scar/model/ecg_encoder.h"
#include "scar/model/masker.h"
#include "scar/model/model_options.h"
#include "scar/model/text_encoder.h"

namespace scar::model {

/// The whole model: both towers, the masker if there is one, the logit scale. Parameter names: ecg.*, text.*, masker.*,
/// logit_scale, spelled as PyTorch's state_dict would.
///
/// Initialisation follows from `seed` and each parameter's name alone, so leaving the masker out, or another text
/// tower, does not change the rest: matrices and the embeddings of text tokens from a normal distribution of deviation
/// 1 / sqrt(inputs) cut at two deviations (a fixed one, as for large models, would all but mute the blocks of narrow
/// ones); the matrices that end residual branches with 1 / sqrt(inputs * 2 * blocks); positions of text, class token,
/// pooling query and selector score with 0.02; the leads' embeddings with 0.2, the times' as sines of deviation 0.2,
/// since the stem's norm gives its output deviation 1; gains 1, biases 0, logit_scale ln(1 / 0.07).
class DualEncoder : public torch::nn::Module {
 public:
  DualEncoder(const ModelOptions& options, std::uint64_t seed);  // text.vocabulary_size must be set

  [[nodiscard]] const ModelOptions& options() const { return options_; }
  /// After each step: the logit scale is at most ln 100.
  void clamp_logit_scale();

  std::shared_ptr<EcgEncoder> ecg;
  std::shared_ptr<TextEncoder> text;
  std::shared_ptr<Masker> masker;  // null if options.masker.enabled is false
  at::Tensor logit_scale;          // 0-dim; the temperature is exp(-logit_scale)

 private:
  ModelOptions options_;
};

/// Fresh values for every parameter of a module, as described above.
void initialise(torch::nn::Module& module, std::uint64_t seed);

}  // namespace scar::model
