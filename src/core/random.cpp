#include "scar/core/random.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "scar/core/vector_clones.h"

namespace scar {

namespace {

/// Inlined, so that a loop over many counters becomes vector instructions.
inline std::array<std::uint32_t, 4> ten_rounds(std::array<std::uint32_t, 4> counter, std::uint32_t key0,
                                               std::uint32_t key1) {
  constexpr std::uint64_t kM0 = 0xD2511F53u, kM1 = 0xCD9E8D57u;
  constexpr std::uint32_t kW0 = 0x9E3779B9u, kW1 = 0xBB67AE85u;
#pragma GCC unroll 10
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = kM0 * counter[0], p1 = kM1 * counter[2];
    counter = {static_cast<std::uint32_t>(p1 >> 32) ^ counter[1] ^ key0, static_cast<std::uint32_t>(p1),
               static_cast<std::uint32_t>(p0 >> 32) ^ counter[3] ^ key1, static_cast<std::uint32_t>(p0)};
    key0 += kW0;
    key1 += kW1;
  }
  return counter;
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  return ten_rounds(counter, key[0], key[1]);
}

std::uint64_t mix64(std::uint64_t a, std::uint64_t b) {
  // One Philox block: the pair is the counter, so that different pairs give independent words.
  const auto block = philox4x32({static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(a >> 32),
                                 static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(b >> 32)},
                                {0x73636172u, 0x6d697836u});
  return (std::uint64_t{block[1]} << 32) | block[0];
}

std::uint64_t stream_key(std::uint64_t seed, std::string_view purpose) {
  std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a, 64 bits
  for (const char c : purpose) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return mix64(seed, hash);
}

CounterRandom::CounterRandom(std::uint64_t seed, std::string_view purpose, std::uint64_t a, std::uint64_t b) {
  const std::uint64_t key = stream_key(seed, purpose);
  const std::uint64_t place = mix64(a, b);
  key_ = {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)};
  counter_ = {0, 0, static_cast<std::uint32_t>(place), static_cast<std::uint32_t>(place >> 32)};
}

std::uint32_t CounterRandom::bits32() {
  if (used_ == 4) {
    block_ = philox4x32(counter_, key_);
    if (++counter_[0] == 0) ++counter_[1];
    used_ = 0;
  }
  return block_[static_cast<std::size_t>(used_++)];
}

std::uint64_t CounterRandom::bits64() {
  const std::uint64_t low = bits32();
  return (std::uint64_t{bits32()} << 32) | low;
}

double CounterRandom::uniform() { return static_cast<double>(bits64() >> 11) * 0x1.0p-53; }
double CounterRandom::uniform(double low, double high) { return low + (high - low) * uniform(); }

std::uint64_t CounterRandom::below(std::uint64_t bound) {
  // Rejection of the incomplete last interval keeps every value equally likely.
  const std::uint64_t limit = std::uint64_t(-1) - (std::uint64_t(-1) % bound + 1) % bound;
  std::uint64_t value = bits64();
  while (value > limit) value = bits64();
  return value % bound;
}

bool CounterRandom::chance(double probability) { return uniform() < probability; }

double CounterRandom::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));  // 1 - u is in (0, 1]
  const double angle = 2.0 * std::numbers::pi * uniform();
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

double CounterRandom::logistic() {
  const double u = (static_cast<double>(bits64() >> 12) + 0.5) * 0x1.0p-52;  // open interval (0, 1)
  return std::log(u) - std::log1p(-u);
}

Permutation::Permutation(std::uint64_t key, std::uint64_t size) : key_(key), size_(size), half_bits_(1) {
  while (half_bits_ < 32 && (std::uint64_t{1} << (2 * half_bits_)) < size) ++half_bits_;
}

namespace {

/// One Feistel network of six rounds for each pair of halves, in place.
SCAR_VECTOR_CLONES void permute_halves(std::uint32_t* left, std::uint32_t* right, std::size_t count, std::uint64_t key,
                                       std::uint32_t mask) {
  const auto key0 = static_cast<std::uint32_t>(key), key1 = static_cast<std::uint32_t>(key >> 32);
  for (std::uint32_t round = 0; round < 6; ++round) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t next = left[i] ^ (ten_rounds({right[i], round, 0, 0}, key0, key1)[0] & mask);
      left[i] = right[i];
      right[i] = next;
    }
  }
}

}  // namespace

std::uint64_t Permutation::operator()(std::uint64_t position) const {
  std::uint64_t value = 0;
  (*this)(position, std::span(&value, 1));
  return value;
}

void Permutation::operator()(std::uint64_t first, std::span<std::uint64_t> out) const {
  constexpr std::size_t kAtOnce = 64;
  const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
  for (std::size_t done = 0; done < out.size(); done += kAtOnce) {
    const auto some = out.subspan(done, std::min(kAtOnce, out.size() - done));
    std::array<std::uint32_t, kAtOnce> left{}, right{}, place{};
    std::size_t count = some.size();
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t value = first + done + i;
      left[i] = static_cast<std::uint32_t>(value >> half_bits_);
      right[i] = static_cast<std::uint32_t>(value & mask);
      place[i] = static_cast<std::uint32_t>(i);
    }
    while (count >
           0) {  // cycle walking: the network permutes 2^(2 half_bits) < 4 size values, so few rounds leave the range
      permute_halves(left.data(), right.data(), count, key_, static_cast<std::uint32_t>(mask));
      std::size_t outside = 0;
      for (std::size_t i = 0; i < count; ++i) {
        const auto value = (std::uint64_t{left[i]} << half_bits_) | right[i];
        if (value < size_) {
          some[place[i]] = value;
        } else {
          left[outside] = left[i];
          right[outside] = right[i];
          place[outside++] = place[i];
        }
      }
      count = outside;
    }
  }
}

}  // namespace scar
