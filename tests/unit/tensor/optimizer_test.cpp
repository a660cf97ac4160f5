#include "scar/tensor/optimizer.h"

#include <cmath>
#include <limits>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "scar/core/error.h"
#include "scar/tensor/generator.h"

namespace scar::tensor {
namespace {

struct Problem3 {
  explicit Problem3(AdamWOptions options = {})
      : matrix(at::full({2, 3}, 0.5).requires_grad_()),
        gain(at::ones({3}).requires_grad_()),
        unused(at::ones({2, 2}).requires_grad_()),
        optimizer({{"matrix", matrix}, {"gain", gain}, {"unused", unused}}, options) {}
  void step(double learning_rate, std::uint64_t seed) {
    optimizer.zero_grad();
    auto generator = make_cpu_generator(seed);
    matrix.mutable_grad() = at::empty({2, 3}).normal_(0, 1, generator);
    gain.mutable_grad() = at::empty({3}).normal_(0, 1, generator);
    optimizer.step(learning_rate);
  }
  at::Tensor matrix, gain, unused;
  AdamW optimizer;
};

TEST(AdamWTest, FollowsTheFormula) {
  Problem3 p;
  const auto& o = p.optimizer.options();
  for (auto* parameter : {&p.matrix, &p.gain}) {
    Problem3 run;
    const bool is_matrix = parameter == &p.matrix;
    const auto& value = is_matrix ? run.matrix : run.gain;
    double x = is_matrix ? 0.5 : 1.0, m = 0, v = 0;
    for (int t = 1; t <= 5; ++t) {
      const double rate = 0.01 * t;
      run.step(rate, static_cast<std::uint64_t>(t));
      const double g = value.grad().flatten()[1].item<double>();
      m = o.beta1 * m + (1 - o.beta1) * g;
      v = o.beta2 * v + (1 - o.beta2) * g * g;
      if (is_matrix) x *= 1 - rate * o.weight_decay;  // gains do not decay
      x -= rate * (m / (1 - std::pow(o.beta1, t))) / (std::sqrt(v / (1 - std::pow(o.beta2, t))) + o.epsilon);
      EXPECT_NEAR(value.flatten()[1].item<double>(), x, 1e-6) << t;
    }
  }
}

TEST(AdamWTest, AParameterWithoutGradientStaysAsItIs) {
  Problem3 p;
  p.step(0.1, 1);
  EXPECT_TRUE(p.unused.equal(at::ones({2, 2})));
  EXPECT_EQ(p.optimizer.state().at("unused.step").item<double>(), 0);
  EXPECT_EQ(p.optimizer.state().at("matrix.step").item<double>(), 1);
}

TEST(AdamWTest, AStoredStateGoesOnBitForBit) {
  Problem3 straight, first, second;
  for (std::uint64_t t = 1; t <= 6; ++t) straight.step(0.01, t);
  for (std::uint64_t t = 1; t <= 3; ++t) first.step(0.01, t);
  {
    const at::NoGradGuard no_grad;
    second.matrix.copy_(first.matrix);
    second.gain.copy_(first.gain);
  }
  second.optimizer.load_state(first.optimizer.state());
  for (std::uint64_t t = 4; t <= 6; ++t) second.step(0.01, t);
  EXPECT_TRUE(second.matrix.equal(straight.matrix));
  EXPECT_TRUE(second.gain.equal(straight.gain));
  for (const auto& [name, value] : straight.optimizer.state())
    EXPECT_TRUE(second.optimizer.state().at(name).equal(value)) << name;
}

TEST(AdamWTest, AStateThatDoesNotFitIsRefusedWhole) {
  Problem3 p;
  p.step(0.01, 1);
  auto state = p.optimizer.state();
  state.erase("gain.step");
  state["other.exp_avg"] = at::zeros({1});
  state["matrix.exp_avg"] = at::zeros({3, 2});
  const auto before = p.optimizer.state().at("matrix.exp_avg_sq").clone();
  try {
    p.optimizer.load_state(state);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::checkpoint_corrupt);
    EXPECT_EQ(error.problems().size(), 3u);
  }
  EXPECT_TRUE(p.optimizer.state().at("matrix.exp_avg_sq").equal(before));
}

TEST(AdamWTest, ClippingScalesTheJointNorm) {
  Problem3 p;
  p.matrix.mutable_grad() = at::full({2, 3}, 2.0);
  p.gain.mutable_grad() = at::full({3}, 1.0);
  const double norm = std::sqrt(6 * 4.0 + 3);
  EXPECT_NEAR(p.optimizer.clip_gradients(0).item<double>(), norm, 1e-5);    // measures only
  EXPECT_NEAR(p.optimizer.clip_gradients(100).item<double>(), norm, 1e-5);  // small enough
  EXPECT_EQ(p.gain.grad()[0].item<double>(), 1.0);
  EXPECT_NEAR(p.optimizer.clip_gradients(1).item<double>(), norm, 1e-5);
  EXPECT_NEAR(p.gain.grad()[0].item<double>(), 1 / norm, 1e-5);
  EXPECT_NEAR(p.optimizer.clip_gradients(0).item<double>(), 1, 1e-5);
}

TEST(AdamWTest, OneNanIsNoticed) {
  Problem3 p;
  EXPECT_TRUE(p.optimizer.gradients_finite().item<bool>());
  p.gain.mutable_grad() = at::ones({3});
  EXPECT_TRUE(p.optimizer.gradients_finite().item<bool>());
  p.gain.mutable_grad()[2] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(p.optimizer.gradients_finite().item<bool>());
}

}  // namespace
}  // namespace scar::tensor
