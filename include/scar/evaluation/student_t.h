#pragma once

namespace scar::evaluation {

/// Student's t distribution with `freedom` > 0 degrees of freedom (not necessarily a whole number), accurate to about
/// 1e-13. Errors: internal for other arguments, NaN among them.
///
/// P(|T| >= |t|): the two-sided p-value of t. Infinite t gives 0.
[[nodiscard]] double student_t_two_sided(double t, double freedom);
/// P(T <= t).
[[nodiscard]] double student_t_cdf(double t, double freedom);
/// The t with P(T <= t) = probability, 0 < probability < 1. 0.975 gives the half width of a 95 % interval in standard
/// errors.
[[nodiscard]] double student_t_quantile(double probability, double freedom);

}  // namespace scar::evaluation
