#pragma once

#include <cstdint>
#include <memory>

#include <torch/nn/module.h>

#include "layers.h"

namespace scar::model {

/// Convolution along the samples of each patch as a matrix product. weight [out, in, kernel], bias [out], as in
/// PyTorch's Conv1d.
class PatchConvolution : public torch::nn::Module {
 public:
  PatchConvolution(std::int64_t in, std::int64_t out, std::int64_t kernel);

  at::Tensor weight, bias;
};

/// Makes a token of each patch: [R, p] float mV -> [R, d] float (docs/method.md, section 2). All that it reads lies
/// inside the patch, so no removed sample reaches a neighbouring token.
///   conv: kernel 16, stride 4, 6 zeros before the patch and as many behind it as needed -> C channels, GELU;
///         twice kernel 2, stride 2, one zero behind if the length is odd -> 2C channels, GELU;
///         all positions side by side -> linear to d
///   linear: one linear map of the samples
/// Then layer norm, which deletes amplitude; so log(RMS + 10 uV), mean and peak-to-peak enter by a linear map of their
/// own.
class EcgStem : public torch::nn::Module {
 public:
  EcgStem(const std::string& kind, std::int64_t patch_samples, std::int64_t channels, std::int64_t width);
  [[nodiscard]] at::Tensor forward(const at::Tensor& patches) const;

 private:
  [[nodiscard]] at::Tensor convolve(const at::Tensor& patches) const;

  std::shared_ptr<PatchConvolution> conv1_, conv2_, conv3_;  // null if linear
  std::shared_ptr<Linear> out_, amplitude_;
  std::shared_ptr<LayerNorm> norm_;
};

}  // namespace scar::model
