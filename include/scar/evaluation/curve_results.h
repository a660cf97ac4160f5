#pragma once

#include <string>

#include "scar/core/json.h"
#include "scar/evaluation/removal_curves.h"

/// Deletion and insertion curves as a document (docs/metrics.md, "Curves") and as tables.
namespace scar::evaluation {

[[nodiscard]] Json curves_json(const CurveStudy& study, const CurveOptions& options);
[[nodiscard]] std::string curves_table(const CurveStudy& study, bool insertion);

}  // namespace scar::evaluation
