#pragma once

#include <string>

#include "scene.h"

namespace scar::data {

/// A report that names exactly these findings, once each, among statements on rhythm, rate, axis and others. `rate` is
/// the heart rate to name. What it says of one finding does not depend on the others, so that a twin's report differs
/// by that finding's statements alone.
[[nodiscard]] std::string write_report(const SyntheticOptions& options, const Scene& scene, FindingSet findings,
                                       double rate);

/// The heart rate per minute that belongs to these findings.
[[nodiscard]] double heart_rate(const Scene& scene, FindingSet findings);

}  // namespace scar::data
