#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scar/evaluation/patient_draws.h"

/// Bootstrap over patients of figures of several models.
namespace scar::evaluation {

/// A figure of one model: the mean over its parts of the mean over the classes of a part. A macro AUROC has one part,
/// CMRS one per rate. A class without a statistic does not enter.
struct Figure {
  std::vector<std::vector<std::optional<ClassStatistic>>> parts;  // [parts][classes]
};

/// One figure of several models under the same resamples.
struct BootstrappedFigure {
  std::vector<std::optional<double>> values;    // [models], every patient counted once
  std::vector<std::vector<double>> of_draws;    // [models][PatientDraws::count()]; NaN: not defined there
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
                                                                 const PatientDraws& draws);

}  // namespace scar::evaluation
