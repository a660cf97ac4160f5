#include "ecg_stem.h"

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/stack.h>

namespace scar::model {

namespace {

constexpr std::int64_t kFirstKernel = 16, kFirstStride = 4, kFirstPadding = 6, kStride = 2;
constexpr double kSilence = 0.01;  // mV; keeps the logarithm of a flat patch finite

std::int64_t divided(std::int64_t length, std::int64_t by) { return (length + by - 1) / by; }

/// x [R, n, c] -> [R, ceil(n / 2), out]: kernel and stride 2. Positions are taken in pairs, so the convolution is one
/// matrix product of a view; overlapping kernels would copy or add large tensors, which costs more than the products.
at::Tensor convolve_pairs(const at::Tensor& x, const PatchConvolution& layer) {
  const auto even = x.size(1) % kStride == 0 ? x : at::constant_pad_nd(x, {0, 0, 0, 1});
  const auto out = layer.weight.size(0), in = layer.weight.size(1);
  const auto weight = layer.weight.transpose(1, 2).reshape({out, kStride * in});
  return at::linear(even.reshape({x.size(0), even.size(1) / kStride, kStride * in}), weight, layer.bias);
}

}  // namespace

PatchConvolution::PatchConvolution(std::int64_t in, std::int64_t out, std::int64_t kernel) {
  weight = register_parameter("weight", at::empty({out, in, kernel}));
  bias = register_parameter("bias", at::empty({out}));
}

EcgStem::EcgStem(const std::string& kind, std::int64_t patch_samples, std::int64_t channels, std::int64_t width) {
  if (kind == "conv") {
    conv1_ = register_module("conv1", std::make_shared<PatchConvolution>(1, channels, kFirstKernel));
    conv2_ = register_module("conv2", std::make_shared<PatchConvolution>(channels, 2 * channels, kStride));
    conv3_ = register_module("conv3", std::make_shared<PatchConvolution>(2 * channels, 2 * channels, kStride));
    const auto positions = divided(divided(divided(patch_samples, kFirstStride), kStride), kStride);
    out_ = register_module("out", std::make_shared<Linear>(positions * 2 * channels, width));
  } else {
    TORCH_CHECK(kind == "linear", "unknown stem ", kind);
    out_ = register_module("out", std::make_shared<Linear>(patch_samples, width));
  }
  norm_ = register_module("norm", std::make_shared<LayerNorm>(width));
  amplitude_ = register_module("amplitude", std::make_shared<Linear>(3, width));
}

at::Tensor EcgStem::convolve(const at::Tensor& patches) const {
  const auto positions = divided(patches.size(1), kFirstStride);
  const auto behind = (positions - 1) * kFirstStride + kFirstKernel - kFirstPadding - patches.size(1);
  const auto windows = at::constant_pad_nd(patches, {kFirstPadding, behind}).unfold(1, kFirstKernel, kFirstStride);
  auto x = at::gelu(at::linear(windows, conv1_->weight.squeeze(1), conv1_->bias));  // [R, positions, C]
  for (const auto& layer : {conv2_, conv3_}) x = at::gelu(convolve_pairs(x, *layer));
  return x.flatten(1);
}

at::Tensor EcgStem::forward(const at::Tensor& patches) const {
  const auto shape = norm_->forward(at_least_float(out_->forward(conv1_ ? convolve(patches) : patches)));
  const FullPrecision full(patches);  // a bf16 logarithm would be 2 % off
  const auto amplitude = at::stack(
      {(patches.square().mean(1).sqrt() + kSilence).log(), patches.mean(1), patches.amax(1) - patches.amin(1)}, 1);
  return shape + amplitude_->forward(amplitude);
}

}  // namespace scar::model
