#pragma once

#include <cstdint>

namespace scar::model {

/// Rows of bf16 (as LibTorch keeps it: the upper half of a float) worked on in place, one pass each, computed in float.
/// No LibTorch, no threads of their own. Vectorised for what the CPU has, chosen at run time.

/// x [rows, length]: logits become softmax(x + bias), bias [length] the same for all rows: 0 or -infinity, not all the
/// latter. Weights of -infinity are exactly 0. length <= kLongestRow; beyond it the weights of a batch take too much memory.
void softmax_rows(std::uint16_t* x, const float* bias, std::int64_t rows, std::int64_t length);

/// Gradients by the weights become gradients by the logits: g <- w (g - sum w g), both [rows, length].
void softmax_rows_backward(std::uint16_t* g, const std::uint16_t* w, std::int64_t rows, std::int64_t length);

constexpr std::int64_t kLongestRow = 512;

}  // namespace scar::model
