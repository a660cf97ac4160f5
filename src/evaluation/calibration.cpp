#include "scar/evaluation/calibration.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::evaluation {
namespace {

double sigmoid(double x) {
  // exp of a negative number alone: nothing overflows.
  return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x));
}

/// Cross entropy and its derivatives in (slope, intercept), means over the rows.
struct Likelihood {
  double loss = 0, g_slope = 0, g_intercept = 0, h_ss = 0, h_si = 0, h_ii = 0;
};

Likelihood likelihood(std::span<const double> x, std::span<const std::uint8_t> labels,
                      const std::array<double, 2>& targets, const PlattCurve& at) {
  Likelihood out;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double f = at.slope * x[i] + at.intercept, t = targets[labels[i]], p = sigmoid(f), w = p * (1 - p);
    out.loss += std::max(f, 0.0) + std::log1p(std::exp(-std::abs(f))) - t * f;
    out.g_slope += (p - t) * x[i];
    out.g_intercept += p - t;
    out.h_ss += w * x[i] * x[i];
    out.h_si += w * x[i];
    out.h_ii += w;
  }
  const auto n = static_cast<double>(x.size());
  for (double* sum : {&out.loss, &out.g_slope, &out.g_intercept, &out.h_ss, &out.h_si, &out.h_ii}) *sum /= n;
  return out;
}

PlattCurve newton(std::span<const double> x, std::span<const std::uint8_t> labels,
                  const std::array<double, 2>& targets) {
  constexpr int kSteps = 100, kHalvings = 40;
  constexpr double kSmallGradient = 1e-12, kRidge = 1e-12, kDescent = 1e-4;
  constexpr double kRounding = 1e-14;  // of equal losses: the last steps change less than that
  PlattCurve curve;
  auto here = likelihood(x, labels, targets, curve);
  for (int step = 0; step < kSteps; ++step) {
    if (std::max(std::abs(here.g_slope), std::abs(here.g_intercept)) < kSmallGradient) break;
    const double h_ss = here.h_ss + kRidge, h_ii = here.h_ii + kRidge;
    const double determinant = h_ss * h_ii - here.h_si * here.h_si;
    const double d_slope = -(h_ii * here.g_slope - here.h_si * here.g_intercept) / determinant;
    const double d_intercept = -(h_ss * here.g_intercept - here.h_si * here.g_slope) / determinant;
    const double descent = here.g_slope * d_slope + here.g_intercept * d_intercept;
    double length = 1;
    int halvings = 0;
    for (; halvings < kHalvings; ++halvings, length /= 2) {
      const PlattCurve next{curve.slope + length * d_slope, curve.intercept + length * d_intercept};
      const auto there = likelihood(x, labels, targets, next);
      if (there.loss > here.loss + kDescent * length * descent + kRounding) continue;
      curve = next;
      here = there;
      break;
    }
    if (halvings == kHalvings) break;
  }
  return curve;
}

template <class BinOf>
double binned_error(std::span<const double> probabilities, std::span<const std::uint8_t> labels, const BinOf& bin_of) {
  std::array<double, kCalibrationBins> difference{};
  for (std::size_t i = 0; i < probabilities.size(); ++i)
    difference[static_cast<std::size_t>(bin_of(i))] += labels[i] - probabilities[i];
  double sum = 0;
  for (const double bin : difference) sum += std::abs(bin);
  return sum / static_cast<double>(probabilities.size());
}

}  // namespace

double PlattCurve::operator()(double score) const { return sigmoid(slope * score + intercept); }

std::optional<PlattCurve> fit_platt(std::span<const double> scores, std::span<const std::uint8_t> labels) {
  for (const double score : scores) {
    if (!std::isfinite(score)) throw Error(Code::undefined_score, "a score to be calibrated is not finite");
  }
  const auto positives = std::count(labels.begin(), labels.end(), std::uint8_t{1});
  const auto n = static_cast<double>(scores.size()), n1 = static_cast<double>(positives), n0 = n - n1;
  if (n1 == 0 || n0 == 0) return std::nullopt;
  const double mean = std::accumulate(scores.begin(), scores.end(), 0.0) / n;
  double variance = 0;
  for (const double score : scores) variance += (score - mean) * (score - mean) / n;
  // Scores that are all equal have a mean that may differ from them by rounding.
  const auto [low, high] = std::minmax_element(scores.begin(), scores.end());
  const double scale = *low == *high ? 0 : 1 / std::sqrt(variance);
  std::vector<double> x;
  for (const double score : scores) x.push_back((score - mean) * scale);
  const auto fitted = newton(x, labels, {1 / (n0 + 2), (n1 + 1) / (n1 + 2)});
  return PlattCurve{fitted.slope * scale, fitted.intercept - fitted.slope * scale * mean};
}

std::optional<CalibrationError> calibration_error(std::span<const double> probabilities,
                                                  std::span<const std::uint8_t> labels) {
  if (probabilities.empty()) return std::nullopt;
  for (const double p : probabilities) {
    if (!(p >= 0 && p <= 1)) throw Error(Code::undefined_score, "a probability is not in [0, 1]").got(cat(p));
  }
  CalibrationError out;
  out.rows = static_cast<std::int64_t>(probabilities.size());
  std::vector<double> sorted(probabilities.begin(), probabilities.end());
  std::sort(sorted.begin(), sorted.end());
  out.ece_equal_width = binned_error(probabilities, labels, [&](std::size_t i) {
    return std::min(kCalibrationBins - 1, static_cast<int>(kCalibrationBins * probabilities[i]));
  });
  out.ece_equal_mass = binned_error(probabilities, labels, [&](std::size_t i) {
    const auto smaller = std::lower_bound(sorted.begin(), sorted.end(), probabilities[i]) - sorted.begin();
    return kCalibrationBins * smaller / out.rows;
  });
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    const double difference = probabilities[i] - labels[i];
    out.brier += difference * difference / static_cast<double>(out.rows);
  }
  return out;
}

TaskCalibration calibration_errors(const ScoreTable& probabilities) {
  TaskCalibration out;
  std::vector<double> all;
  std::vector<std::uint8_t> all_labels;
  CalibrationError sum;
  std::int64_t defined = 0;
  for (std::int64_t column = 0; column < probabilities.columns(); ++column) {
    const auto of_class = probabilities.column_scores(column);
    const auto labels = probabilities.column_labels(column);
    const bool none = std::all_of(of_class.begin(), of_class.end(), [](double p) { return std::isnan(p); });
    out.classes.push_back(none ? std::nullopt : calibration_error(of_class, labels));
    if (!out.classes.back()) continue;
    all.insert(all.end(), of_class.begin(), of_class.end());
    all_labels.insert(all_labels.end(), labels.begin(), labels.end());
    sum.ece_equal_width += out.classes.back()->ece_equal_width;
    sum.ece_equal_mass += out.classes.back()->ece_equal_mass;
    sum.brier += out.classes.back()->brier;
    ++defined;
  }
  out.pooled = calibration_error(all, all_labels);
  if (defined > 0) {
    const auto n = static_cast<double>(defined);
    out.mean = CalibrationError{probabilities.rows, sum.ece_equal_width / n, sum.ece_equal_mass / n, sum.brier / n};
  }
  return out;
}

}  // namespace scar::evaluation
