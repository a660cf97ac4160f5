#pragma once

#include <optional>

#include "scar/core/json.h"
#include "scar/evaluation/patient_bootstrap.h"

/// Numbers of a result as JSON: what is not defined is null.
namespace scar::evaluation {

[[nodiscard]] Json number_json(const std::optional<double>& value);
/// [low, high]
[[nodiscard]] Json interval_json(const std::optional<Interval>& interval);
/// How the intervals of a result were made.
[[nodiscard]] Json bootstrap_json(const BootstrapOptions& options);

}  // namespace scar::evaluation
