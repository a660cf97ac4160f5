#include "packing.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <torch/csrc/autograd/custom_function.h>

namespace scar::model {

namespace {

/// Rows by number, where the number one past the end means a row of zeros.
at::Tensor select_or_zero(const at::Tensor& x, const at::Tensor& numbers) {
  return at::cat({x, x.new_zeros({1, x.size(1)})}).index_select(0, numbers);
}

class TakeRows : public torch::autograd::Function<TakeRows> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& rows,
                            const at::Tensor& inverse) {
    context->save_for_backward({inverse});
    return x.index_select(0, rows);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    return {select_or_zero(gradients[0], saved[0]), at::Tensor(), at::Tensor()};
  }
};

class SpreadRows : public torch::autograd::Function<SpreadRows> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& rows,
                            const at::Tensor& inverse) {
    context->save_for_backward({rows});
    return select_or_zero(x, inverse);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    return {gradients[0].index_select(0, saved[0]), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor inverse_rows(const at::Tensor& rows, std::int64_t size) {
  auto inverse = at::full({size}, rows.size(0), rows.options());
  return inverse.scatter_(0, rows, at::arange(rows.size(0), rows.options()));
}

at::Tensor take_rows(const at::Tensor& x, const at::Tensor& rows, const at::Tensor& inverse) {
  return TakeRows::apply(x, rows, inverse);
}

at::Tensor spread_rows(const at::Tensor& x, const at::Tensor& rows, const at::Tensor& inverse) {
  return SpreadRows::apply(x, rows, inverse);
}

Packing full_packing(std::int64_t batch, std::int64_t length) {
  Packing packing;
  packing.batch = batch;
  packing.length = length;
  return packing;
}

Packing packing_of_lengths(const at::Tensor& lengths, std::int64_t longest) {
  auto packing = full_packing(lengths.size(0), longest);
  packing.valid = at::arange(longest, lengths.options()).unsqueeze(0) < lengths.unsqueeze(1);
  packing.rows = packing.valid.view({-1}).nonzero().squeeze(1);
  if (packing.rows.size(0) == packing.batch * longest) return full_packing(packing.batch, longest);
  packing.inverse = inverse_rows(packing.rows, packing.batch * longest);
  return packing;
}

at::Tensor unpack(const at::Tensor& packed, const Packing& packing) {
  const auto slots = packing.full() ? packed : spread_rows(packed, packing.rows, packing.inverse);
  return slots.view({packing.batch, packing.length, packed.size(-1)});
}

at::Tensor pack(const at::Tensor& padded, const Packing& packing) {
  const auto slots = padded.reshape({packing.batch * packing.length, padded.size(-1)});
  return packing.full() ? slots : take_rows(slots, packing.rows, packing.inverse);
}

}  // namespace scar::model
