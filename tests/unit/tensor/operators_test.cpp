#include "scar/tensor/operators.h"

#include <cmath>
#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <gtest/gtest.h>

#include "scar/tensor/generator.h"

namespace scar::tensor {
namespace {

TEST(BudgetThreshold, TheSoftRemovalSumsToTheCount) {
  auto generator = make_cpu_generator(1);
  for (const auto type : {at::kFloat, at::kDouble}) {
    for (const double temperature : {2.0, 1.0, 0.3, 0.05}) {
      for (const double spread : {0.0, 1.0, 10.0}) {
        const auto scores = (at::empty({16, 50}).normal_(0, 1, generator) * spread).to(type);
        const auto available = at::empty({16, 50}).uniform_(0, 1, generator) < 0.7;
        for (const std::int64_t count : {1, 7, 20}) {
          const auto lambda = budget_threshold(scores, available, at::full({16}, count, at::kLong), temperature);
          EXPECT_EQ(lambda.scalar_type(), type);
          const auto soft = at::sigmoid((scores - lambda.unsqueeze(1)) / temperature) * available;
          // lambda comes back rounded to the type of the scores
          EXPECT_LT((soft.sum(1) - count).abs().max().item<double>(), type == at::kFloat ? 1e-3 : 1e-10);
        }
      }
    }
  }
}

TEST(BudgetThreshold, EqualScoresHaveAKnownSolution) {
  const auto lambda = budget_threshold(at::full({1, 8}, 3.0, at::kDouble), at::ones({1, 8}, at::kBool),
                                       at::full({1}, 2, at::kLong), 0.5);
  EXPECT_NEAR(lambda.item<double>(), 3.0 - 0.5 * std::log(0.25 / 0.75), 1e-12);
}

TEST(BudgetThreshold, NothingOrAllIsInfinite) {
  const auto lambda =
      budget_threshold(at::ones({3, 4}), at::ones({3, 4}, at::kBool), at::tensor({0, 4, 9}, at::kLong), 1.0);
  const auto infinity = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(lambda.equal(at::tensor({infinity, -infinity, -infinity})));
}

TEST(BudgetThreshold, ScoresOfTheUnavailableAreNotRead) {
  const auto available = at::tensor({1, 1, 0, 1}, at::kLong).to(at::kBool).unsqueeze(0);
  const auto count = at::full({1}, 1, at::kLong);
  const auto nan = std::numeric_limits<float>::quiet_NaN();
  const auto a = budget_threshold(at::tensor({1.0f, 2.0f, 1e30f, 3.0f}).unsqueeze(0), available, count, 1.0);
  const auto b = budget_threshold(at::tensor({1.0f, 2.0f, nan, 3.0f}).unsqueeze(0), available, count, 1.0);
  EXPECT_TRUE(a.isfinite().item<bool>());
  EXPECT_TRUE(a.equal(b));
}

}  // namespace
}  // namespace scar::tensor
