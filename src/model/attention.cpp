#include "attention.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/where.h>
#include <torch/csrc/autograd/custom_function.h>

#include "layers.h"
#include "softmax_rows.h"

namespace scar::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr double kLargestExponent = 8.0;
const double kNever = -std::numeric_limits<double>::infinity();

/// [B, N, 3, H, D] -> [3, B * H, N, D], contiguous, queries scaled by 1 / sqrt(D): one copy for all products.
at::Tensor heads_first(const at::Tensor& qkv) {
  const auto batch = qkv.size(0), length = qkv.size(1), heads = qkv.size(3), depth = qkv.size(4);
  auto out = at::empty({3, batch, heads, length, depth}, qkv.options().requires_grad(false));
  out.copy_(qkv.permute({2, 0, 3, 1, 4}));
  out.select(0, 0).mul_(1.0 / std::sqrt(static_cast<double>(depth)));
  return out.view({3, batch * heads, length, depth});
}

/// [B * H, N, D] -> [B, N, H * D]
at::Tensor tokens_first(const at::Tensor& x, std::int64_t batch) {
  const auto heads = x.size(0) / batch;
  return x.view({batch, heads, x.size(1), x.size(2)}).transpose(1, 2).reshape({batch, x.size(1), heads * x.size(2)});
}

/// [B, N, H * D] -> [B * H, N, D], contiguous
at::Tensor to_heads(const at::Tensor& x, std::int64_t heads, std::int64_t depth) {
  const auto batch = x.size(0), length = x.size(1);
  return x.view({batch, length, heads, depth}).transpose(1, 2).reshape({batch * heads, length, depth});
}

/// Gradients of scaled queries, keys and values [3, B * H, N, D] -> of qkv [B, N, 3, H, D].
at::Tensor qkv_gradient(at::Tensor gradient, std::int64_t batch) {
  const auto heads = gradient.size(1) / batch, length = gradient.size(2), depth = gradient.size(3);
  gradient.select(0, 0).mul_(1.0 / std::sqrt(static_cast<double>(depth)));
  return gradient.view({3, batch, heads, length, depth}).permute({1, 3, 0, 2, 4}).contiguous();
}

std::uint16_t* halves(const at::Tensor& x) { return reinterpret_cast<std::uint16_t*>(x.data_ptr<at::BFloat16>()); }

/// Plain attention in bf16 on the CPU, as products and a softmax; LibTorch's fused kernel takes four times as long there,
/// forward and backward together.
class ExplicitAttention : public torch::autograd::Function<ExplicitAttention> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& qkv, const std::optional<at::Tensor>& valid) {
    const FullPrecision full(qkv);
    const auto parts = heads_first(qkv);
    const auto length = qkv.size(1), heads = qkv.size(3), matrix = length * length;
    const auto allowed = valid ? *valid : at::ones({qkv.size(0), length}, qkv.options().dtype(at::kBool));
    const auto bias = at::where(allowed, 0.0, kNever).to(at::kFloat).contiguous();
    const auto weights = at::bmm(parts[0], parts[1].transpose(1, 2));  // logits, to begin with
    at::parallel_for(0, weights.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
      for (auto i = begin; i < end; ++i) {
        softmax_rows(halves(weights) + i * matrix, bias.const_data_ptr<float>() + i / heads * length, length, length);
      }
    });
    context->save_for_backward({parts, weights});
    return tokens_first(at::bmm(weights, parts[2]), qkv.size(0));
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &parts = saved[0], &weights = saved[1];
    const FullPrecision full(parts);
    const auto batch = gradients[0].size(0), heads = parts.size(1) / batch, length = parts.size(2);
    const auto g = to_heads(gradients[0].to(parts.scalar_type()), heads, parts.size(3));
    const auto to_logits = at::bmm(g, parts[2].transpose(1, 2));  // by the weights, to begin with
    at::parallel_for(0, weights.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
      const auto first = begin * length * length;
      softmax_rows_backward(halves(to_logits) + first, halves(weights) + first, (end - begin) * length, length);
    });
    auto out = at::empty_like(parts);
    auto queries = out[0], keys = out[1], values = out[2];
    at::bmm_out(queries, to_logits, parts[1]);
    at::bmm_out(keys, to_logits.transpose(1, 2), parts[0]);
    at::bmm_out(values, weights.transpose(1, 2), g);
    return {qkv_gradient(out, batch), at::Tensor()};
  }
};

/// With w = keep * u / Z, everything that multiplies by keep or divides by Z is done on [N, D] tensors and not on [N,
/// N] ones.
class KeepWeightedAttention : public torch::autograd::Function<KeepWeightedAttention> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& qkv, const at::Tensor& keep) {
    const FullPrecision full(qkv);
    const auto batch = qkv.size(0), length = qkv.size(1), heads = qkv.size(3);
    const auto parts = heads_first(qkv);
    auto u = at_least_float(at::bmm(parts[0], parts[1].transpose(1, 2)));  // logits, to begin with
    const auto kept = per_head(keep.to(u.scalar_type()), heads);           // [B * H, N, 1]
    const auto shift = at::where(kept > 0, 0.0, kNever).to(u.scalar_type()).transpose(1, 2);
    auto largest = (u + shift).amax(-1, true);
    largest.masked_fill_(largest.isinf(), 0.0);  // nothing to attend to
    u.sub_(largest).clamp_max_(kLargestExponent).exp_();
    auto sum = at::bmm(u, kept);  // Z: [B * H, N, 1]
    sum.masked_fill_(sum == 0, 1.0);
    u = u.to(qkv.scalar_type());
    const auto out = at_least_float(at::bmm(u, parts[2] * kept.to(parts.scalar_type()))) / sum;
    context->save_for_backward({parts, u, kept, sum, out});
    context->saved_data["batch"] = batch;
    context->saved_data["keep_type"] = static_cast<std::int64_t>(keep.scalar_type());
    TORCH_CHECK(keep.size(0) == batch && keep.size(1) == length, "attention: keep ", keep.sizes(), " for ",
                qkv.sizes());
    return tokens_first(out, batch);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &parts = saved[0], &u = saved[1], &kept = saved[2], &sum = saved[3], &value = saved[4];
    const FullPrecision full(parts);
    const auto batch = context->saved_data["batch"].toInt(), heads = parts.size(1) / batch, length = parts.size(2);
    const auto type = parts.scalar_type();
    const auto g = to_heads(gradients[0].to(value.scalar_type()), heads, parts.size(3)) / sum;
    // d loss / d (keep * u) = g (v - value) / Z, and times u what reaches keep; times keep, the logits.
    auto x = at_least_float(at::bmm(g.to(type), parts[2].transpose(1, 2)));
    x.sub_((g * value).sum(-1, true)).mul_(u);
    const auto to_keep = x.sum(1).view({batch, heads, length}).sum(1);
    const auto narrow_kept = kept.to(type);
    x = x.to(type);
    auto out = at::empty_like(parts);
    auto queries = out[0], keys = out[1], values = out[2];
    at::bmm_out(queries, x, parts[1] * narrow_kept);
    at::bmm_out(keys, x.transpose(1, 2), parts[0]);
    keys.mul_(narrow_kept);
    at::bmm_out(values, u.transpose(1, 2), g.to(type));
    values.mul_(narrow_kept);
    return {qkv_gradient(out, batch),
            to_keep.to(static_cast<at::ScalarType>(context->saved_data["keep_type"].toInt()))};
  }

 private:
  static at::Tensor per_head(const at::Tensor& keep, std::int64_t heads) {
    return keep.unsqueeze(1)
        .expand({keep.size(0), heads, keep.size(1)})
        .reshape({keep.size(0) * heads, keep.size(1), 1});
  }
};

}  // namespace

at::Tensor attention(const at::Tensor& qkv, const at::Tensor& valid) {
  const auto allowed = valid.defined() ? std::optional(valid) : std::nullopt;
  if (qkv.device().is_cpu() && qkv.scalar_type() == at::kBFloat16 && qkv.size(1) <= kLongestRow) {
    return ExplicitAttention::apply(qkv, allowed);
  }
  const auto parts = qkv.permute({2, 0, 3, 1, 4}).unbind(0);
  const auto mask = allowed ? std::optional(allowed->unsqueeze(1).unsqueeze(1)) : std::nullopt;
  return at::scaled_dot_product_attention(parts[0], parts[1], parts[2], mask).transpose(1, 2).flatten(2);
}

at::Tensor received_attention(const at::Tensor& qkv, const at::Tensor& valid) {
  const FullPrecision full(qkv);
  const auto batch = qkv.size(0), length = qkv.size(1), heads = qkv.size(3);
  const auto parts = heads_first(qkv);
  auto logits = at_least_float(at::bmm(parts[0], parts[1].transpose(1, 2))).view({batch, heads, length, length});
  if (!valid.defined()) return at::softmax(logits, -1).mean(at::IntArrayRef{1, 2});
  logits.masked_fill_(valid.logical_not().unsqueeze(1).unsqueeze(1), kNever);
  const auto by_query = at::softmax(logits, -1).mean(1);  // [B, queries, keys]
  const auto asked = valid.unsqueeze(-1).to(by_query.scalar_type());
  return (by_query * asked).sum(1) / asked.sum(1);
}

at::Tensor keep_weighted_attention(const at::Tensor& qkv, const at::Tensor& keep) {
  return KeepWeightedAttention::apply(qkv, keep);
}

at::Tensor keep_weighted_softmax(const at::Tensor& logits, const at::Tensor& keep) {
  const auto present = keep.detach() > 0;
  auto largest = logits.detach().masked_fill(present.logical_not(), kNever).amax(-1, true);
  largest = largest.masked_fill(largest.isinf(), 0.0);  // nothing to choose from
  const auto parts = (logits - largest).clamp_max(kLargestExponent).exp() * keep;
  const auto sum = parts.sum(-1, true);
  return parts / sum.masked_fill(sum == 0, 1.0);
}

}  // namespace scar::model
