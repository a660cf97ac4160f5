#pragma once

#include <optional>
#include <vector>

/// Intervals from a bootstrap.
namespace scar::evaluation {

struct Interval {
  double low = 0, high = 0;
  [[nodiscard]] double width() const { return high - low; }
};

/// Quantile of a sample, linear between its order statistics (type 7 of Hyndman and Fan). `values` is not empty;
/// 0 <= share <= 1.
[[nodiscard]] double quantile(std::vector<double> values, double share);
/// The z with P(Z <= z) = probability of a standard normal Z, 0 < probability < 1.
[[nodiscard]] double normal_quantile(double probability);

/// A figure in all draws of a bootstrap; those in which it is not defined are left out.
struct Sampled {
  double value = 0;               // everything counted once
  std::vector<double> resampled;  // not empty
  std::vector<double> left_out;   // a jackknife: with each of some parts left out
};

/// Bias-corrected and accelerated bootstrap (Efron, "Better bootstrap confidence intervals", 1987), widened for small
/// samples: the shares of the quantiles are
///
///   Phi(z0 + (z0 + z) / (1 - a (z0 + z))),   z0 = Phi^-1(share of the resamples below the value, ties half),
///   a = sum d^3 / (6 (sum d^2)^1.5),         d = mean of the jackknife - its values,
///   z = +- t(df) sqrt(df / (df - 1)),        df = 3 (sum d^2)^2 / sum d^4,
///
/// t the quantile of Student's distribution: a percentile interval is too narrow where few patients decide (Hesterberg,
/// "What teachers should know about the bootstrap", 2015), and df is how many do: the degrees of freedom of sum d^2 by
/// Satterthwaite's rule. Without a spread in the jackknife a = 0 and z is normal.
class Bca {
 public:
  explicit Bca(Sampled sampled);
  /// Two-sided; 0 < level < 1.
  [[nodiscard]] Interval interval(double level = .95) const;
  /// Two-sided p-value of `null`: 1 - the level of the interval that just reaches it.
  [[nodiscard]] double p(double null) const;

 private:
  [[nodiscard]] double quantile_at(double z) const;

  Sampled sampled_;
  double bias_ = 0, acceleration_ = 0;
  std::optional<double> freedom_;  // nullopt: normal
};

}  // namespace scar::evaluation
