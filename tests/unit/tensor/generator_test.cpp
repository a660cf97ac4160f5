#include "scar/tensor/generator.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "scar/core/error.h"

namespace scar::tensor {
namespace {

TEST(GeneratorState, ContinuesWithTheSameNumbers) {
  seed_generators(3, at::kCPU);
  (void)at::rand({7});
  const auto state = generator_state(at::kCPU);
  const auto first = at::rand({100});
  EXPECT_FALSE(at::rand({100}).equal(first));
  set_generator_state(at::kCPU, state);
  EXPECT_TRUE(at::rand({100}).equal(first));
}

TEST(GeneratorState, AStateThatDoesNotFitIsRefused) {
  seed_generators(3, at::kCPU);
  const auto before = generator_state(at::kCPU);
  try {
    set_generator_state(at::kCPU, at::zeros({5}, at::kByte));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::checkpoint_corrupt);
  }
  EXPECT_TRUE(generator_state(at::kCPU).equal(before));
}

TEST(GeneratorState, AnOwnGeneratorLeavesTheDefaultOneAlone) {
  const auto before = generator_state(at::kCPU);
  const auto a = at::empty({10}).normal_(0, 1, make_cpu_generator(4)),
             b = at::empty({10}).normal_(0, 1, make_cpu_generator(4));
  EXPECT_TRUE(a.equal(b));
  EXPECT_TRUE(generator_state(at::kCPU).equal(before));
}

}  // namespace
}  // namespace scar::tensor
