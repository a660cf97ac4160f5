#include "scar/evaluation/student_t.h"

#include <cmath>
#include <limits>

#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::evaluation {
namespace {

void check_freedom(double freedom) {
  if (!(freedom > 0) || std::isinf(freedom)) {
    throw Error(Code::internal, "degrees of freedom of Student's t are out of range")
        .got(cat(freedom))
        .wanted("more than 0, finite");
  }
}

/// The continued fraction of the incomplete beta function (DLMF 8.17.22), by the modified Lentz algorithm. It converges
/// fast for x < (a + 1) / (a + b + 2).
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300, kEnough = 3e-16;
  const auto away_from_zero = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
  double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), value = d;
  for (int m = 1; m < 10000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away_from_zero(1 + even * d);
    c = away_from_zero(1 + even / c);
    value *= c * d;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away_from_zero(1 + odd * d);
    c = away_from_zero(1 + odd / c);
    value *= c * d;
    if (std::abs(c * d - 1) < kEnough) break;
  }
  return value;
}

/// Gamma(x + 1/2) / Gamma(x). For large x the logarithms are so large that their difference loses digits: then by the
/// series in 1/x (DLMF 5.11.13).
double gamma_ratio(double x) {
  if (x < 50) {
    int sign = 0;  // lgamma() keeps its sign in a global, which threads would share
    return std::exp(::lgamma_r(x + .5, &sign) - ::lgamma_r(x, &sign));
  }
  const double y = 1 / x;
  return std::sqrt(x) *
         (1 + y * (-1.0 / 8 + y * (1.0 / 128 + y * (5.0 / 1024 + y * (-21.0 / 32768 + y * (-399.0 / 262144))))));
}

/// The density at t: also the factor in front of the continued fractions of its tails.
double density(double t, double freedom) {
  return gamma_ratio(freedom / 2) / std::sqrt(freedom * 3.14159265358979323846) *
         std::exp(-(freedom + 1) / 2 * std::log1p(t * t / freedom));
}

}  // namespace

double student_t_two_sided(double t, double freedom) {
  check_freedom(freedom);
  if (std::isnan(t)) throw Error(Code::internal, "Student's t of a value that is not a number");
  if (std::isinf(t)) return 0;
  if (t == 0) return 1;
  // The regularised incomplete beta function I_x(v/2, 1/2) at x = v / (v + t^2), from the side that converges; what
  // stands before either fraction, x^(v/2) (1 - x)^(1/2) / B(v/2, 1/2), is the density times |t|.
  const double a = freedom / 2, square = t * t;
  const double x = freedom / (freedom + square), rest = square / (freedom + square);
  const double front = density(t, freedom) * std::abs(t);
  if (x < (a + 1) / (a + 2.5)) return front * beta_fraction(a, .5, x) / a;
  return 1 - front * beta_fraction(.5, a, rest) / .5;
}

double student_t_cdf(double t, double freedom) {
  const double tail = student_t_two_sided(t, freedom) / 2;
  return t > 0 ? 1 - tail : tail;
}

double student_t_quantile(double probability, double freedom) {
  check_freedom(freedom);
  if (!(probability > 0 && probability < 1)) {
    throw Error(Code::internal, "a quantile wants a probability").got(cat(probability)).wanted("between 0 and 1");
  }
  if (probability == .5) return 0;
  const bool above = probability > .5;
  const double tails = 2 * (above ? 1 - probability : probability);
  double low = 0, high = 1;
  while (student_t_two_sided(high, freedom) > tails && high < 1e300) high *= 2;
  // Newton's method where it stays within the bracket, bisection where it does not.
  double t = (low + high) / 2;
  for (int i = 0; i < 2000; ++i) {
    const double surplus = student_t_two_sided(t, freedom) - tails;
    (surplus > 0 ? low : high) = t;
    double next = t + surplus / (2 * density(t, freedom));
    if (!(next > low && next < high)) next = (low + high) / 2;
    if (std::abs(next - t) <= 4 * std::numeric_limits<double>::epsilon() * t) return above ? next : -next;
    t = next;
  }
  return above ? t : -t;
}

}  // namespace scar::evaluation
