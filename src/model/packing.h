#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace scar::model {

/// Where the rows of a packed tensor [T, w] stand in a padded one [batch, length, w]. Linear maps and norms work on
/// packed rows, so padding costs nothing there and cannot leak; only attention looks at the padded form.
struct Packing {
  std::int64_t batch = 0, length = 0;
  at::Tensor
      rows;  // [T] int64: slot (sample * length + position) of each packed row; undefined: T = batch * length, in order
  at::Tensor inverse;  // [batch * length] int64: packed row of each slot, T for an empty slot; undefined with rows
  at::Tensor valid;    // [batch, length] bool; undefined: all

  [[nodiscard]] bool full() const { return !rows.defined(); }
};

/// All slots taken.
[[nodiscard]] Packing full_packing(std::int64_t batch, std::int64_t length);
/// The first lengths[b] slots of each sample are taken, in order; `longest` = largest of them, at least 1.
[[nodiscard]] Packing packing_of_lengths(const at::Tensor& lengths, std::int64_t longest);

/// [T, w] -> [batch, length, w], zeros in empty slots.
[[nodiscard]] at::Tensor unpack(const at::Tensor& packed, const Packing& packing);
/// [batch, length, w] -> [T, w]
[[nodiscard]] at::Tensor pack(const at::Tensor& padded, const Packing& packing);

/// Rows of x [R, w] by number; `inverse` [R] says where each row of x went, the number of rows taken if nowhere. The
/// numbers are unique. Differentiable; both directions are plain row copies, so no order of additions can change a
/// result.
[[nodiscard]] at::Tensor take_rows(const at::Tensor& x, const at::Tensor& rows, const at::Tensor& inverse);
/// The way back: [T, w] -> [R, w], zeros where no row went.
[[nodiscard]] at::Tensor spread_rows(const at::Tensor& x, const at::Tensor& rows, const at::Tensor& inverse);
/// inverse of `rows` for take_rows, `size` = R.
[[nodiscard]] at::Tensor inverse_rows(const at::Tensor& rows, std::int64_t size);

}  // namespace scar::model
