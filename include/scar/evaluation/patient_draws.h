#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "scar/evaluation/bca.h"
#include "scar/evaluation/patient_statistic.h"

/// Draws of patients: as many as there are, with replacement, each with all of its records; and a jackknife of them.
namespace scar::evaluation {

struct BootstrapOptions {
  std::int64_t resamples = 2000;
  std::uint64_t seed = 0;
  int jobs = 1;  // threads; the result does not depend on it
};

/// How often each patient is drawn in a resample, [patients]: a function of (seed, resample) and their number.
[[nodiscard]] std::vector<std::uint32_t> draw_patients(std::uint32_t patients, std::uint64_t seed,
                                                       std::int64_t resample);

/// All draws of one bootstrap: its resamples, then a jackknife with one group of patients left out at a time. A group is
/// one patient, or patients dealt in turn where there are more than kJackknifeGroups.
class PatientDraws {
 public:
  static constexpr std::uint32_t kJackknifeGroups = 400;

  PatientDraws(std::uint32_t patients, const BootstrapOptions& options);

  [[nodiscard]] std::uint32_t patients() const { return patients_; }
  [[nodiscard]] std::int64_t count() const { return options_.resamples + groups_; }
  [[nodiscard]] std::int64_t resamples() const { return options_.resamples; }

  /// Calls visit(first, lanes, block) for draws first ... first + lanes - 1, in lanes 0 ... lanes - 1 of the block; in
  /// parallel, in any order.
  using Visit = std::function<void(std::int64_t first, std::int64_t lanes, const TimesBlock& block)>;
  void for_each_block(const Visit& visit) const;

  /// 95 % interval of a figure from its value in each draw (NaN: not defined there). nullopt if `value` or the figure in
  /// every resample is not defined.
  [[nodiscard]] std::optional<Interval> interval(double value, std::span<const double> of_draws) const;
  /// What is defined of them; nullopt as above.
  [[nodiscard]] std::optional<Sampled> sampled(double value, std::span<const double> of_draws) const;

 private:
  std::uint32_t patients_;
  BootstrapOptions options_;
  std::int64_t groups_;
};

}  // namespace scar::evaluation
