#include "scar/tensor/autocast.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include "scar/core/error.h"

namespace scar::tensor {
namespace {

at::ScalarType product_type() { return at::matmul(at::ones({2, 2}), at::ones({2, 2})).scalar_type(); }

TEST(AutocastTest, ActsWhileItLivesAndRestoresWhatWasBefore) {
  EXPECT_EQ(product_type(), at::kFloat);
  {
    const Autocast outer(at::kCPU, Precision::bf16);
    EXPECT_EQ(product_type(), at::kBFloat16);
    {
      const Autocast inner(at::kCPU, Precision::fp32);
      EXPECT_EQ(product_type(), at::kFloat);
    }
    EXPECT_EQ(product_type(), at::kBFloat16);
  }
  EXPECT_EQ(product_type(), at::kFloat);
}

TEST(AutocastTest, WeightsChangedBetweenGuardsAreSeen) {
  // Casts of weights are cached, but not beyond the outermost guard.
  const auto weight = at::ones({2, 2}).requires_grad_();
  const auto sum = [&] {
    const Autocast guard(at::kCPU, Precision::bf16);
    return at::matmul(at::ones({2, 2}), weight).sum().item<double>();
  };
  EXPECT_EQ(sum(), 8);
  {
    const at::NoGradGuard no_grad;
    weight.mul_(2);
  }
  EXPECT_EQ(sum(), 16);
}

TEST(AutocastTest, APassWithoutGradientsDoesNotCutThoseOfALaterPass) {
  const auto weight = at::ones({2, 2}).requires_grad_();
  const Autocast outer(at::kCPU, Precision::bf16);
  {
    const at::NoGradGuard no_grad;
    const Autocast inner(at::kCPU, Precision::bf16);
    EXPECT_EQ(at::matmul(at::ones({2, 2}), weight).scalar_type(), at::kBFloat16);
  }
  const auto product = at::matmul(at::ones({2, 2}), weight);
  ASSERT_TRUE(product.requires_grad());
  product.sum().backward();
  EXPECT_EQ(weight.grad().sum().item<double>(), 8);
}

TEST(PrecisionTest, NamesAreResolved) {
  EXPECT_EQ(resolve_precision("fp32", at::kCPU), Precision::fp32);
  EXPECT_EQ(resolve_precision("bf16", at::kCPU), Precision::bf16);
  EXPECT_EQ(resolve_precision("auto", at::kCUDA), Precision::bf16);
  EXPECT_EQ(resolve_precision("auto", at::kCPU), cpu_has_fast_bf16() ? Precision::bf16 : Precision::fp32);
  EXPECT_STREQ(precision_name(Precision::bf16), "bf16");
  try {
    (void)resolve_precision("fp8", at::kCPU);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::usage);
  }
}

}  // namespace
}  // namespace scar::tensor
