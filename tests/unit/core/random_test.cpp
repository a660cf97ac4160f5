#include "scar/core/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

namespace scar {
namespace {

TEST(Philox, EqualsTheAuthorsVectors) {  // kat_vectors of Random123
  using Block = std::array<std::uint32_t, 4>;
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t f = 0xffffffff;
  EXPECT_EQ(philox4x32({f, f, f, f}, {f, f}), (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(CounterRandom, IsAFunctionOfItsArguments) {
  const auto draw = [](std::uint64_t seed, const char* purpose, std::uint64_t a, std::uint64_t b) {
    return CounterRandom(seed, purpose, a, b).bits64();
  };
  EXPECT_EQ(draw(0, "x", 1, 2), draw(0, "x", 1, 2));
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    for (const char* purpose : {"order", "span", "orders"}) {
      for (std::uint64_t a = 0; a < 3; ++a) {
        for (std::uint64_t b = 0; b < 3; ++b) seen.insert(draw(seed, purpose, a, b));
      }
    }
  }
  EXPECT_EQ(seen.size(), 81u);
}

TEST(CounterRandom, HasTheMomentsOfItsDistributions) {
  CounterRandom random(1, "moments");
  constexpr int n = 200000;
  double u = 0, u2 = 0, g = 0, g2 = 0, l = 0, l2 = 0;
  for (int i = 0; i < n; ++i) {
    const double x = random.uniform(), y = random.normal(), z = random.logistic();
    u += x;
    u2 += x * x;
    g += y;
    g2 += y * y;
    l += z;
    l2 += z * z;
  }
  EXPECT_NEAR(u / n, 0.5, 0.005);
  EXPECT_NEAR(u2 / n, 1.0 / 3, 0.005);
  EXPECT_NEAR(g / n, 0.0, 0.01);
  EXPECT_NEAR(g2 / n, 1.0, 0.02);
  EXPECT_NEAR(l / n, 0.0, 0.02);
  EXPECT_NEAR(l2 / n, 3.2899, 0.06);  // pi^2 / 3
}

TEST(CounterRandom, BelowIsUniform) {
  CounterRandom random(2, "below");
  std::vector<int> count(7);
  for (int i = 0; i < 70000; ++i) ++count[random.below(7)];
  for (const int c : count) EXPECT_NEAR(c, 10000, 500);
  EXPECT_EQ(random.below(1), 0u);
}

TEST(Permutation, VisitsEveryNumberOnce) {
  for (const std::uint64_t size : {1u, 2u, 3u, 10u, 64u, 1000u, 4097u}) {
    const Permutation permutation(7, size);
    std::vector<bool> seen(size);
    for (std::uint64_t i = 0; i < size; ++i) {
      const auto value = permutation(i);
      ASSERT_LT(value, size);
      EXPECT_FALSE(seen[value]);
      seen[value] = true;
    }
  }
}

TEST(Permutation, GoldenOrder) {  // records of an epoch must come in this order on every machine, for ever
  const Permutation permutation(stream_key(1, "epoch-order"), 10);
  std::vector<std::uint64_t> order;
  for (std::uint64_t i = 0; i < 10; ++i) order.push_back(permutation(i));
  EXPECT_EQ(order, (std::vector<std::uint64_t>{3, 7, 8, 5, 2, 6, 1, 4, 0, 9}));
}

}  // namespace
}  // namespace scar
