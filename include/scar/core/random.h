#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace scar {

/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a block of four 32-bit words as
/// a pure function of counter and key. Golden numbers: tests/unit/core/random_test.cpp.
[[nodiscard]] std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                                      std::array<std::uint32_t, 2> key);

/// 64-bit mix of a seed and a purpose ("epoch-order", "span", ...): streams of different purpose never meet.
[[nodiscard]] std::uint64_t stream_key(std::uint64_t seed, std::string_view purpose);
[[nodiscard]] std::uint64_t mix64(std::uint64_t a, std::uint64_t b);

/// Random numbers as a function of (seed, purpose, a, b), equal on every machine and in any order of use. Nothing to save:
/// the next number of a stream is decided by what it is for, not by what was drawn before. Seed 0 is a seed.
class CounterRandom {
 public:
  CounterRandom(std::uint64_t seed, std::string_view purpose, std::uint64_t a = 0, std::uint64_t b = 0);

  std::uint32_t bits32();
  std::uint64_t bits64();
  double uniform();  // [0, 1), 53 bits
  double uniform(double low, double high);
  std::uint64_t below(std::uint64_t bound);  // [0, bound), unbiased; bound > 0
  bool chance(double probability);
  double normal();    // Box-Muller; equal up to libm
  double logistic();  // log(u / (1 - u))

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  int used_ = 4;
  double spare_ = 0;
  bool has_spare_ = false;
};

/// A pseudo-random permutation of 0..size-1 without storing it: a Feistel network with cycle walking.
class Permutation {
 public:
  Permutation(std::uint64_t key, std::uint64_t size);
  [[nodiscard]] std::uint64_t operator()(std::uint64_t position) const;  // position < size
  /// The same of positions first, first + 1, ...: many at a time, several times quicker than one by one.
  void operator()(std::uint64_t first, std::span<std::uint64_t> out) const;
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  std::uint64_t key_, size_;
  int half_bits_;
};

}  // namespace scar
