#include "softmax_rows.h"

#include <cstring>
#include <limits>

// Sixteen lanes whatever the CPU has, so that sums are added in one order everywhere. A helper that is not inlined would
// be compiled for the oldest CPU alone.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define SCAR_FOR_EACH_CPU __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SCAR_FOR_EACH_CPU
#endif
#define SCAR_INLINE inline __attribute__((always_inline))

namespace scar::model {

namespace {

constexpr std::int64_t kLanes = 16;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

using Floats = float __attribute__((vector_size(64)));
using Words = std::uint32_t __attribute__((vector_size(64)));
using Integers = std::int32_t __attribute__((vector_size(64)));
using Halves = std::uint16_t __attribute__((vector_size(32)));

SCAR_INLINE Floats load(const std::uint16_t* x, std::int64_t count) {
  Halves in{};
  if (count == kLanes)
    std::memcpy(&in, x, sizeof in);
  else
    std::memcpy(&in, x, static_cast<std::size_t>(count) * sizeof *x);
  return reinterpret_cast<Floats>(__builtin_convertvector(in, Words) << 16);
}

/// To the nearest, ties to even, as LibTorch rounds. The low half of a NaN that comes from bf16 is 0, so it stays one.
SCAR_INLINE void store(std::uint16_t* x, Floats value, std::int64_t count) {
  const auto bits = reinterpret_cast<Words>(value);
  const auto out = __builtin_convertvector((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16, Halves);
  if (count == kLanes)
    std::memcpy(x, &out, sizeof out);
  else
    std::memcpy(x, &out, static_cast<std::size_t>(count) * sizeof *x);
}

SCAR_INLINE Floats load(const float* x) {
  Floats out;
  std::memcpy(&out, x, sizeof out);
  return out;
}

/// e^x for x <= 0, relative error 2e-7 (the polynomial of Cephes' expf); 0 below -87, where a float loses its digits.
SCAR_INLINE Floats exp_of_negative(Floats x) {
  const Floats in = x < -87.0f ? Floats{} - 87.0f : x;
  const Floats n = (in * 1.44269504f + 12582912.0f) - 12582912.0f;  // to the nearest whole number
  const Floats r = (in - n * 0.693359375f) + n * 2.12194440e-4f;
  Floats p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  const auto scale = reinterpret_cast<Floats>((__builtin_convertvector(n, Integers) + 127) << 23);
  return x < -87.0f ? Floats{} : p * scale;
}

template <class Join>
SCAR_INLINE float fold(Floats x, Join&& join) {
  for (int step = kLanes / 2; step > 0; step /= 2) {
    for (int i = 0; i < step; ++i) x[i] = join(x[i], x[i + step]);
  }
  return x[0];
}

SCAR_INLINE float sum_of(Floats x) {
  return fold(x, [](float a, float b) { return a + b; });
}

}  // namespace

SCAR_FOR_EACH_CPU
void softmax_rows(std::uint16_t* x, const float* bias, std::int64_t rows, std::int64_t length) {
  Floats row[kLongestRow / kLanes];
  const auto whole = length / kLanes, rest = length % kLanes, parts = whole + (rest > 0 ? 1 : 0);
  Floats last_bias = Floats{} - kInfinity;
  std::memcpy(&last_bias, bias + whole * kLanes, static_cast<std::size_t>(rest) * sizeof *bias);
  for (std::int64_t r = 0; r < rows; ++r, x += length) {
    Floats largest = Floats{} - kInfinity;
    for (std::int64_t i = 0; i < parts; ++i) {
      row[i] =
          i < whole ? load(x + i * kLanes, kLanes) + load(bias + i * kLanes) : load(x + i * kLanes, rest) + last_bias;
      largest = row[i] > largest ? row[i] : largest;
    }
    const float most = fold(largest, [](float a, float b) { return a > b ? a : b; });
    Floats sums{};
    for (std::int64_t i = 0; i < parts; ++i) {
      row[i] = exp_of_negative(row[i] - most);
      sums += row[i];
    }
    const float scale = 1.0f / sum_of(sums);
    for (std::int64_t i = 0; i < whole; ++i) store(x + i * kLanes, row[i] * scale, kLanes);
    if (rest > 0) store(x + whole * kLanes, row[whole] * scale, rest);
  }
}

SCAR_FOR_EACH_CPU
void softmax_rows_backward(std::uint16_t* g, const std::uint16_t* w, std::int64_t rows, std::int64_t length) {
  const auto whole = length / kLanes, rest = length % kLanes;
  for (std::int64_t r = 0; r < rows; ++r, g += length, w += length) {
    Floats sums{};
    for (std::int64_t i = 0; i < whole; ++i) sums += load(w + i * kLanes, kLanes) * load(g + i * kLanes, kLanes);
    if (rest > 0) sums += load(w + whole * kLanes, rest) * load(g + whole * kLanes, rest);
    const float sum = sum_of(sums);
    const auto finish = [&](std::int64_t at, std::int64_t count) __attribute__((always_inline)) {
      store(g + at, load(w + at, count) * (load(g + at, count) - sum), count);
    };
    for (std::int64_t i = 0; i < whole; ++i) finish(i * kLanes, kLanes);
    if (rest > 0) finish(whole * kLanes, rest);
  }
}

}  // namespace scar::model
