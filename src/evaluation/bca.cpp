#include "scar/evaluation/bca.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/evaluation/student_t.h"

namespace scar::evaluation {
namespace {

double normal_cdf(double z) { return .5 * std::erfc(-z / std::sqrt(2.0)); }

/// Share of `values` below `point`, ties half; never 0 nor 1, since more resamples would reach further.
double share_below(const std::vector<double>& values, double point) {
  double below = 0;
  for (const double value : values) below += value < point ? 1 : value == point ? .5 : 0;
  const auto n = static_cast<double>(values.size());
  return std::clamp(below / n, 1 / (n + 1), n / (n + 1));
}

double widening(double freedom) { return std::sqrt(freedom / (freedom - 1)); }

}  // namespace

double quantile(std::vector<double> values, double share) {
  if (values.empty()) throw Error(Code::internal, "a quantile of nothing");
  const double place = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(below), values.end());
  const double low = values[below];
  if (below + 1 == values.size()) return low;
  const double high = *std::min_element(values.begin() + static_cast<std::ptrdiff_t>(below) + 1, values.end());
  return low + (place - static_cast<double>(below)) * (high - low);
}

double normal_quantile(double probability) {
  if (!(probability > 0 && probability < 1))
    throw Error(Code::internal, "a normal quantile of no probability").got(cat(probability));
  const double tail = std::min(probability, 1 - probability);
  // Abramowitz and Stegun 26.2.22, off by at most 3e-3; Newton's method does the rest.
  const double t = std::sqrt(-2 * std::log(tail));
  double z = -(t - (2.30753 + .27061 * t) / (1 + t * (.99229 + .04481 * t)));
  for (int step = 0; step < 4; ++step) {
    const double density = std::exp(-z * z / 2) / std::sqrt(2 * 3.14159265358979323846);
    z -= (normal_cdf(z) - tail) / density;
  }
  return probability < .5 ? z : -z;
}

Bca::Bca(Sampled sampled) : sampled_(std::move(sampled)) {
  if (sampled_.resampled.empty()) throw Error(Code::internal, "an interval without a resample");
  bias_ = normal_quantile(share_below(sampled_.resampled, sampled_.value));
  const auto& jackknife = sampled_.left_out;
  const double centre =
      std::accumulate(jackknife.begin(), jackknife.end(), 0.0) / std::max(1.0, static_cast<double>(jackknife.size()));
  double squares = 0, cubes = 0, fourths = 0;
  for (const double value : jackknife) {
    const double d = centre - value;
    squares += d * d;
    cubes += d * d * d;
    fourths += d * d * d * d;
  }
  if (!(fourths > 0)) return;
  constexpr double kLeastFreedom = 2;
  acceleration_ = cubes / (6 * std::pow(squares, 1.5));
  freedom_ = std::max(kLeastFreedom, 3 * squares * squares / fourths);
}

double Bca::quantile_at(double z) const {
  const double moved = bias_ + z, denominator = 1 - acceleration_ * moved;
  const double share = denominator > 0 ? normal_cdf(bias_ + moved / denominator) : moved > 0 ? 1.0 : 0.0;
  return quantile(sampled_.resampled, share);
}

Interval Bca::interval(double level) const {
  const double upper = (1 + level) / 2;
  const double z = freedom_ ? student_t_quantile(upper, *freedom_) * widening(*freedom_) : normal_quantile(upper);
  return {quantile_at(-z), quantile_at(z)};
}

double Bca::p(double null) const {
  // The z whose quantile is the null, from the formula of the shares solved for it.
  const double away = normal_quantile(share_below(sampled_.resampled, null)) - bias_;
  const double denominator = 1 + acceleration_ * away;
  if (!(denominator > 0)) return 2 / (1 + static_cast<double>(sampled_.resampled.size()));
  const double z = std::abs(away / denominator - bias_);
  return freedom_ ? student_t_two_sided(z / widening(*freedom_), *freedom_) : 2 * normal_cdf(-z);
}

}  // namespace scar::evaluation
