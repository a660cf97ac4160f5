#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace scar::objective {

struct Term {
  std::string name;  // "clean", "masked", "selector", "consistency"
  at::Tensor value;  // 0-dim
  double weight = 1.0;
};

struct NamedScalar {
  std::string name;
  double value = 0;
};

/// What a step adds up, and what it only reports. The loop knows no model: it sums, logs and goes on.
struct Terms {
  std::vector<Term> summed;
  std::vector<NamedScalar> logged;

  [[nodiscard]] at::Tensor total() const;  // 0-dim; at least one term
};

/// 1 - cos per record [B], no gradient to the clean side: what is left should say what all of it said.
[[nodiscard]] at::Tensor consistency_rows(const at::Tensor& masked, const at::Tensor& clean);

}  // namespace scar::objective
