#include "scar/evaluation/logistic.h"

#include <algorithm>
#include <deque>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::evaluation {
namespace {

constexpr double kSufficientDecrease = 1e-4;
constexpr int kHalvings = 40;

/// Sum over rows, one value per label.
at::Tensor column_dot(const at::Tensor& a, const at::Tensor& b) { return (a * b).sum(0); }

}  // namespace

/// The problem of the labels that are still running. Everything is divided by the number of rows. Parameters are
/// [d + 1, labels], the bias in the last row.
class LogisticRegression::Problem {
 public:
  Problem(const at::Tensor& features, at::Tensor targets, double c)
      : features_(features),
        targets_(std::move(targets)),
        penalty_(1.0 / (c * static_cast<double>(features.size(0)))) {}

  [[nodiscard]] at::Tensor logits(const at::Tensor& parameters) const {
    const auto d = features_.size(1);
    return at::matmul(features_, parameters.narrow(0, 0, d)) + parameters.narrow(0, d, 1);
  }
  /// Value per label at given logits and parameters.
  [[nodiscard]] at::Tensor value(const at::Tensor& logits, const at::Tensor& parameters) const {
    const auto loss = logits.clamp_min(0) - logits * targets_ + at::log1p(at::exp(-logits.abs()));
    const auto w = parameters.narrow(0, 0, features_.size(1));
    return loss.mean(0) + .5 * penalty_ * column_dot(w, w);
  }
  [[nodiscard]] at::Tensor gradient(const at::Tensor& logits, const at::Tensor& parameters) const {
    const auto d = features_.size(1);
    const auto residual = (at::sigmoid(logits) - targets_) / static_cast<double>(features_.size(0));
    auto out = at::empty_like(parameters);
    out.narrow(0, 0, d).copy_(at::matmul(features_.t(), residual) + penalty_ * parameters.narrow(0, 0, d));
    out.narrow(0, d, 1).copy_(residual.sum(0, true));
    return out;
  }
  /// Second derivative along a direction whose logits are `along`.
  [[nodiscard]] at::Tensor curvature(const at::Tensor& logits, const at::Tensor& along,
                                     const at::Tensor& direction) const {
    const auto p = at::sigmoid(logits);
    const auto w = direction.narrow(0, 0, features_.size(1));
    return (p * (1 - p) * along * along).mean(0) + penalty_ * column_dot(w, w);
  }
  /// Inverse curvature [d + 1, labels], off the diagonal taken as 0, for features without mean along principal axes.
  [[nodiscard]] at::Tensor inverse_curvature(const at::Tensor& logits, const at::Tensor& variance) const {
    const auto p = at::sigmoid(logits);
    const auto weight = (p * (1 - p)).mean(0, true).clamp_min(1e-8);  // [1, labels]
    return 1 / at::cat({variance * weight + penalty_, weight}, 0);
  }
  /// The longest of 1, 1/2, 1/4, ... of each label's step that lowers its value enough; 0 where none does.
  [[nodiscard]] at::Tensor backtrack(const at::Tensor& logits, const at::Tensor& along, const at::Tensor& parameters,
                                     const at::Tensor& direction, const at::Tensor& start, const at::Tensor& slope,
                                     at::Tensor step) const {
    auto accepted = at::zeros_like(slope, at::kBool);
    for (int halving = 0; halving < kHalvings; ++halving) {
      const auto new_value = value(logits + step * along, parameters + step * direction);
      // The last term: near the minimum the decrease is below what a double can show.
      accepted = new_value <= start + kSufficientDecrease * step * slope + 1e-15 * start.abs();
      if (accepted.all().item<bool>()) break;
      step = at::where(accepted, step, .5 * step);
    }
    return at::where(accepted, step, at::zeros_like(step));
  }
  /// Newton's direction [d + 1, 1] for a problem of one label.
  [[nodiscard]] at::Tensor newton_direction(const at::Tensor& logits, const at::Tensor& gradient) const {
    const auto p = at::sigmoid(logits);
    const auto weight = p * (1 - p) / static_cast<double>(features_.size(0));  // [n, 1]
    const auto weighted = features_ * weight;
    const auto d = features_.size(1);
    auto hessian = at::empty({d + 1, d + 1}, features_.options());
    hessian.narrow(0, 0, d).narrow(1, 0, d).copy_(at::matmul(features_.t(), weighted));
    hessian.narrow(0, 0, d).narrow(1, d, 1).copy_(weighted.sum(0).unsqueeze(1));
    hessian.narrow(0, d, 1).narrow(1, 0, d).copy_(weighted.sum(0, true));
    hessian.narrow(0, d, 1).narrow(1, d, 1).copy_(weight.sum().view({1, 1}));
    auto diagonal = hessian.diagonal();
    diagonal.narrow(0, 0, d) += penalty_;
    diagonal += 1e-13 * diagonal.max();  // where a label is all but separated, curvature along the bias vanishes
    return -at::linalg_solve(hessian, gradient);
  }
  [[nodiscard]] Problem only(const at::Tensor& column) const {
    Problem one = *this;
    one.keep(column);
    return one;
  }
  void keep(const at::Tensor& columns) { targets_ = targets_.index_select(1, columns); }

 private:
  at::Tensor features_, targets_;
  double penalty_;
};

namespace {

struct Pair {
  at::Tensor s, y, rho;  // [d + 1, labels], [d + 1, labels], [labels]; rho = 0 where the pair says nothing
};

at::Tensor descent_direction(const at::Tensor& gradient, const std::deque<Pair>& pairs, const at::Tensor& inverse) {
  auto q = gradient.clone();
  std::vector<at::Tensor> alphas(pairs.size());
  for (std::size_t i = pairs.size(); i-- > 0;) {
    alphas[i] = pairs[i].rho * column_dot(pairs[i].s, q);
    q -= alphas[i] * pairs[i].y;
  }
  q *= inverse;
  if (!pairs.empty()) {
    const auto& last = pairs.back();
    const auto yy = column_dot(last.y, inverse * last.y);
    q *= at::where(last.rho > 0, 1 / (last.rho * yy).clamp_min(1e-300), at::ones_like(yy));
  }
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    q += (alphas[i] - pairs[i].rho * column_dot(pairs[i].y, q)) * pairs[i].s;
  }
  return -q;
}

}  // namespace

at::Tensor LogisticModel::scores(const at::Tensor& features) const { return at::matmul(features, weight) + bias; }

LogisticModel zero_model(std::int64_t features, std::int64_t labels) {
  return {at::zeros({features, labels}, at::kDouble), at::zeros({labels}, at::kDouble),
          std::vector<std::uint8_t>(static_cast<std::size_t>(labels), 1), 0};
}

LogisticRegression::LogisticRegression(const at::Tensor& features, const at::Tensor& targets,
                                       const LogisticOptions& options)
    : options_(options), targets_(targets) {
  if (features.scalar_type() != at::kDouble || targets.scalar_type() != at::kDouble || features.dim() != 2 ||
      targets.dim() != 2 || features.size(0) != targets.size(0) || features.size(0) == 0) {
    throw Error(Code::internal, "logistic regression wants float64 features [n, d] and targets [n, labels]");
  }
  mean_ = features.mean(0, true);
  const auto centred = features - mean_;
  const auto [values, vectors] =
      at::linalg_eigh(at::matmul(centred.t(), centred) / static_cast<double>(features.size(0)));
  axes_ = vectors.contiguous();
  variance_ = values.clamp_min(0).unsqueeze(1);
  rotated_ = at::matmul(centred, axes_);
}

at::Tensor LogisticRegression::largest_slope(const at::Tensor& gradient) const {
  const auto d = rotated_.size(1);
  const auto bias = gradient.narrow(0, d, 1);
  const auto slopes = at::matmul(axes_, gradient.narrow(0, 0, d)) + mean_.t() * bias;
  return at::maximum(slopes.abs().amax(0), bias.abs().squeeze(0));
}

bool LogisticRegression::finish_by_newton(const Problem& problem, at::Tensor& parameters) const {
  constexpr int kSteps = 50;
  for (int i = 0; i < kSteps; ++i) {
    const auto logits = problem.logits(parameters);
    const auto gradient = problem.gradient(logits, parameters);
    if (largest_slope(gradient).item<double>() <= options_.tolerance) return true;
    const auto direction = problem.newton_direction(logits, gradient);
    const auto slope = column_dot(direction, gradient);
    const auto step = problem.backtrack(logits, problem.logits(direction), parameters, direction,
                                        problem.value(logits, parameters), slope, at::ones_like(slope));
    if (step.item<double>() == 0) return false;
    parameters = parameters + step * direction;
  }
  return false;
}

LogisticModel LogisticRegression::fit(double c, const LogisticModel& start) const {
  if (c <= 0) throw Error(Code::internal, "C must be greater than 0");
  const c10::NoGradGuard no_grad;
  const auto& targets = targets_;
  const auto& features = rotated_;
  const auto labels = targets.size(1), d = features.size(1);
  // [d + 1, labels] along the axes, filled in as labels end; the bias is that at the mean of the features.
  auto best =
      at::cat({at::matmul(axes_.t(), start.weight), start.bias.unsqueeze(0) + at::matmul(mean_, start.weight)}, 0);
  LogisticModel out;
  out.converged.assign(static_cast<std::size_t>(labels), 0);

  // Labels with one value only have no finite bias: they stay at 0.
  const auto share = targets.mean(0);
  std::vector<std::int64_t> running;
  for (std::int64_t label = 0; label < labels; ++label) {
    const double mean = share[label].item<double>();
    if (mean > 0 && mean < 1) {
      running.push_back(label);
    } else {
      best.select(1, label).zero_();
      out.converged[static_cast<std::size_t>(label)] = 1;
    }
  }
  const auto as_index = [](const std::vector<std::int64_t>& values) {
    return at::tensor(values, at::TensorOptions().dtype(at::kLong));
  };
  Problem problem(features, targets.index_select(1, as_index(running)), c);
  auto parameters = best.index_select(1, as_index(running));
  auto logits = problem.logits(parameters);
  auto value = problem.value(logits, parameters);
  auto gradient = problem.gradient(logits, parameters);
  std::deque<Pair> pairs;

  for (std::int64_t iteration = 0; !running.empty(); ++iteration) {
    // Labels that have arrived leave, so that the others go on alone.
    const auto largest = largest_slope(gradient);
    std::vector<std::int64_t> stay, still_running;
    for (std::size_t i = 0; i < running.size(); ++i) {
      const auto column = static_cast<std::int64_t>(i);
      bool arrived = largest[column].item<double>() <= options_.tolerance;
      if (arrived || iteration >= options_.max_iterations || iteration >= options_.newton_after) {
        auto end = parameters.narrow(1, column, 1);
        if (!arrived && iteration < options_.max_iterations)
          arrived = finish_by_newton(problem.only(as_index({column})), end);
        best.select(1, running[i]).copy_(end.squeeze(1));
        out.converged[static_cast<std::size_t>(running[i])] = arrived ? 1 : 0;
        out.iterations = std::max(out.iterations, iteration);
      } else {
        stay.push_back(column);
        still_running.push_back(running[i]);
      }
    }
    if (stay.size() != running.size()) {
      running = std::move(still_running);
      if (running.empty()) break;
      const auto columns = as_index(stay);
      problem.keep(columns);
      for (auto* matrix : {&parameters, &logits, &gradient}) *matrix = matrix->index_select(1, columns);
      value = value.index_select(0, columns);
      for (auto& pair : pairs) {
        pair = {pair.s.index_select(1, columns), pair.y.index_select(1, columns), pair.rho.index_select(0, columns)};
      }
    }

    const auto direction = descent_direction(gradient, pairs, problem.inverse_curvature(logits, variance_));
    const auto slope = column_dot(direction, gradient);
    const auto along = problem.logits(direction);  // the logits are linear: the search along the line costs no product
    // The first step is Newton's along its direction.
    auto step = pairs.empty() ? -slope / problem.curvature(logits, along, direction) : at::ones_like(slope);
    step = problem.backtrack(logits, along, parameters, direction, value, slope, step);  // 0: it waits for its end

    const auto s = step * direction;
    parameters = parameters + s;
    logits = logits + step * along;
    if (iteration % 50 == 49) logits = problem.logits(parameters);  // sums of steps drift
    value = problem.value(logits, parameters);
    const auto new_gradient = problem.gradient(logits, parameters);
    const auto y = new_gradient - gradient;
    const auto sy = column_dot(s, y);
    const auto useful = sy > 1e-300;
    pairs.push_back({s, y, at::where(useful, 1 / at::where(useful, sy, at::ones_like(sy)), at::zeros_like(sy))});
    if (static_cast<std::int64_t>(pairs.size()) > options_.history) pairs.pop_front();
    gradient = new_gradient;
  }
  out.weight = at::matmul(axes_, best.narrow(0, 0, d));
  out.bias = best.select(0, d) - at::matmul(mean_, out.weight).squeeze(0);
  return out;
}

}  // namespace scar::evaluation
