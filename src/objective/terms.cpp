#include "scar/objective/terms.h"

#include <ATen/ATen.h>

namespace scar::objective {

at::Tensor Terms::total() const {
  at::Tensor sum;
  for (const auto& term : summed) {
    const auto weighted = term.weight * term.value;
    sum = sum.defined() ? sum + weighted : weighted;
  }
  return sum;
}

at::Tensor consistency_rows(const at::Tensor& masked, const at::Tensor& clean) {
  return 1.0 - (masked * clean.detach()).sum(1);  // both have unit length
}

}  // namespace scar::objective
