#include "scar/model/ecg_classifier.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/matmul.h>

#include "layers.h"
#include "scar/model/weights.h"

namespace scar::model {

at::Tensor pooled_tokens(const EcgFeatures& features) {
  return at::matmul(features.weights.unsqueeze(1), features.hidden.to(features.weights.scalar_type())).squeeze(1);
}

EcgClassifier::EcgClassifier(const ModelOptions& options, const tensor::NamedTensors& encoder, const at::Tensor& bias)
    : ecg(register_module("ecg", std::make_shared<EcgEncoder>(options))),
      head_(register_module("head", std::make_shared<Linear>(options.width, bias.size(0)))) {
  load_weights(*ecg, encoder, "the encoder that is fine-tuned");
  const at::NoGradGuard no_grad;
  head_->weight.zero_();
  head_->bias.copy_(bias);
}

EcgClassifier::~EcgClassifier() = default;

at::Tensor EcgClassifier::forward(const EcgInput& input) {
  const auto features = ecg->encode(ecg->embed(input));
  const FullPrecision full(features.weights);
  return head_->forward(pooled_tokens(features));
}

}  // namespace scar::model
