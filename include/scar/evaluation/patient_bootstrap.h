#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scar/evaluation/patient_statistic.h"

/// Bootstrap over patients: as many patients as there are, drawn with replacement, each with all of its records.
namespace scar::evaluation {

/// A figure of one model: the mean over its parts of the mean over the classes of a part. A macro AUROC has one part,
/// CMRS one per rate. A class without a statistic does not enter.
struct Figure {
  std::vector<std::vector<std::optional<ClassStatistic>>> parts;  // [parts][classes]
};

struct BootstrapOptions {
  std::int64_t resamples = 2000;
  std::uint64_t seed = 0;
  int jobs = 1;  // threads; the result does not depend on it
};

/// How often each patient is drawn in a resample, [patients]: a function of (seed, resample) and their number.
[[nodiscard]] std::vector<std::uint32_t> draw_patients(std::uint32_t patients, std::uint64_t seed,
                                                       std::int64_t resample);

/// One figure of several models under the same resamples.
struct BootstrappedFigure {
  std::vector<std::optional<double>> values;    // [models], every patient counted once
  std::vector<std::vector<double>> resampled;   // [models][resamples in which the figure is defined]
  std::vector<std::vector<std::uint8_t>> used;  // [parts][classes]: defined for every model
  std::int64_t classes_skipped = 0;             // (resample, part, class): see below
  std::int64_t resamples_undefined = 0;
};

/// figures [figures][models], of equal parts and classes within a figure. Resample b draws the same patients for every
/// figure and model, whatever else is asked.
///
/// A class counts if it is defined for every model. One that a resample leaves without positives or without negatives
/// (in any model) is left out of that mean for all models, and counted: drawing again would favour resamples rich in
/// rare classes, dropping the resample would do so too. A resample that leaves a part without any class is undefined.
[[nodiscard]] std::vector<BootstrappedFigure> bootstrap_patients(const std::vector<std::vector<const Figure*>>& figures,
                                                                 std::uint32_t patients,
                                                                 const BootstrapOptions& options);

struct Interval {
  double low = 0, high = 0;
  [[nodiscard]] double width() const { return high - low; }
};

/// Quantile of a sample, linear between its order statistics (type 7 of Hyndman and Fan). `values` is not empty;
/// 0 <= share <= 1.
[[nodiscard]] double quantile(std::vector<double> values, double share);
/// Percentile interval: what lies between the (1 - level) / 2 and (1 + level) / 2 quantiles. nullopt without a value.
[[nodiscard]] std::optional<Interval> percentile_interval(const std::vector<double>& values, double level = .95);

}  // namespace scar::evaluation
