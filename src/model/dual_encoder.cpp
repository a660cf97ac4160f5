#include "scar/model/dual_encoder.h"

#include <cmath>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

namespace scar::model {

DualEncoder::DualEncoder(const ModelOptions& options, std::uint64_t seed) : options_(resolve(options)) {
  ecg = register_module("ecg", std::make_shared<EcgEncoder>(options_));
  text = register_module("text", std::make_shared<TextEncoder>(options_));
  if (options_.masker.enabled) masker = register_module("masker", std::make_shared<Masker>(options_));
  logit_scale = register_parameter("logit_scale", at::empty({}));
  initialise(*this, seed);
}

void DualEncoder::clamp_logit_scale() {
  const at::NoGradGuard no_grad;
  logit_scale.clamp_max_(std::log(100.0));
}

}  // namespace scar::model
