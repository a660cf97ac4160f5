#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace scar::evaluation {

struct LogisticOptions {
  double tolerance = 1e-6;             // stop at max |gradient| <= tolerance * rows
  std::int64_t max_iterations = 1000;  // per value of C
  std::int64_t history = 10;           // pairs of L-BFGS
  std::int64_t newton_after = 60;      // iterations, then the labels that are still running end by Newton's method
};

/// One linear classifier per label, independent of each other.
struct LogisticModel {
  at::Tensor weight;                    // [d, labels] double
  at::Tensor bias;                      // [labels] double
  std::vector<std::uint8_t> converged;  // per label, of the last fit
  std::int64_t iterations = 0;          // of the slowest label, of the last fit

  [[nodiscard]] at::Tensor scores(const at::Tensor& features) const;  // [n, d] double -> logits [n, labels]
};

/// All weights 0: every score is 0.
[[nodiscard]] LogisticModel zero_model(std::int64_t features, std::int64_t labels);

/// L2 logistic regression: minimises, for each label, sum_i log(1 + exp(-y_i f(x_i))) + |w|^2 / (2 C), y = +1 or -1,
/// bias without penalty, by L-BFGS in float64 over all labels at once. A label that has one value only keeps weights 0,
/// for nothing can be learnt about it. Gives the same numbers as scikit-learn's LogisticRegression(C) within the
/// tolerance.
///
/// Works in the principal axes of the features, where the curvature is nearly diagonal and known: pooled features are
/// so collinear that plain L-BFGS needs thousands of steps at a weak penalty. The penalty is the same in any axes. A
/// label that is all but separated has another curvature at its end than at its beginning: it is ended by Newton's
/// method, whose step costs n d^2 and of which it takes a few.
class LogisticRegression {
 public:
  /// features [n, d] and targets [n, labels] double, targets 0 or 1; n > 0.
  LogisticRegression(const at::Tensor& features, const at::Tensor& targets, const LogisticOptions& options = {});

  [[nodiscard]] LogisticModel fit(double c, const LogisticModel& start) const;

 private:
  class Problem;
  /// Largest |slope| per label, along the user's own weights, of a gradient [d + 1, labels] along the axes.
  [[nodiscard]] at::Tensor largest_slope(const at::Tensor& gradient) const;
  /// Whether the parameters [d + 1, 1] of one label arrived.
  bool finish_by_newton(const Problem& problem, at::Tensor& parameters) const;

  LogisticOptions options_;
  at::Tensor targets_;      // [n, labels]
  at::Tensor mean_, axes_;  // [1, d], [d, d]: column j is axis j
  at::Tensor rotated_;      // [n, d]: (features - mean) axes
  at::Tensor variance_;     // [d, 1] along the axes
};

}  // namespace scar::evaluation
