#include "selector.h"

#include <cmath>

#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>

#include "attention.h"

namespace scar::model {

namespace {

constexpr double kNever = -1e30;  // as a logit: weight 0, and finite where nothing is valid

}  // namespace

Selector::Selector(const ModelOptions& options) : kind_(options.selector.kind) {
  const auto width = options.width;
  if (kind_ == "selector") {
    const auto hidden = options.selector.hidden;
    if (hidden > 0) hidden_ = register_module("hidden", std::make_shared<Linear>(width, hidden));
    // Without bias: the softmax would cancel it.
    score_ = register_module("score", std::make_shared<Linear>(hidden > 0 ? hidden : width, 1, false));
  } else if (kind_ == "attention") {
    heads_ = options.selector.heads;
    query_ = register_parameter("query", at::empty({1, width}));
    key_ = register_module("key", std::make_shared<Linear>(width, width, false));
    value_ = register_module("value", std::make_shared<Linear>(width, width));
  } else {
    TORCH_CHECK(kind_ == "mean" || kind_ == "cls", "unknown pooling ", kind_);
  }
}

at::Tensor Selector::score(const at::Tensor& hidden) const {
  if (score_) {
    const auto x = hidden_ ? at_least_float(at::gelu(hidden_->forward(hidden))) : hidden;
    return score_->forward(x).transpose(1, 2);
  }
  if (key_) {
    const auto per_head = hidden.size(2) / heads_;
    const auto keys =
        key_->forward(hidden).view({hidden.size(0), hidden.size(1), heads_, per_head}).permute({0, 2, 1, 3});
    const auto query = query_.view({1, heads_, per_head, 1}) / std::sqrt(static_cast<double>(per_head));
    return at::matmul(keys, query).squeeze(-1);
  }
  return at::zeros({hidden.size(0), 1, hidden.size(1)}, hidden.options());
}

Pooled Selector::pool(const at::Tensor& hidden, const at::Tensor& valid, const at::Tensor& keep,
                      const at::Tensor& cls) const {
  const FullPrecision full(hidden);
  const auto h = at_least_float(hidden);
  const auto present = valid.unsqueeze(1);
  const auto scores = score(h);
  at::Tensor weights, logs;  // [B, heads, M]
  if (keep.defined()) {
    weights = keep_weighted_softmax(scores, keep.unsqueeze(1));
    logs = weights.masked_fill(present.logical_not(), 1.0).log();
  } else {
    logs =
        at::log_softmax(scores.masked_fill(present.logical_not(), kNever), -1).masked_fill(present.logical_not(), 0.0);
    weights = logs.exp() * present;
  }

  Pooled out;
  if (kind_ == "attention") {
    const auto batch = h.size(0), length = h.size(1), width = h.size(2);
    const auto values = value_->forward(h).view({batch, length, heads_, width / heads_}).transpose(1, 2);
    out.vector = at::matmul(weights.unsqueeze(2), values).reshape({batch, width});
  } else {
    out.vector = kind_ == "cls" ? at_least_float(cls) : at::matmul(weights, h).squeeze(1);
  }
  out.weights = weights.mean(1);
  out.log_weights = heads_ == 1 ? logs.squeeze(1) : out.weights.masked_fill(valid.logical_not(), 1.0).log();
  return out;
}

}  // namespace scar::model
