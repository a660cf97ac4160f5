#pragma once

#include <cstdint>
#include <optional>

#include "scar/data/ecg_record.h"
#include "scar/data/synthetic/evidence.h"
#include "scar/data/synthetic/findings.h"
#include "scar/data/synthetic/options.h"

namespace scar::data {

/// Record `index` of the corpus that `options` describes (docs/synthetic.md): 12-lead samples in uV (int16, scale 0.001
/// mV), report, label row of task `synth` and the evidence of every finding that is present. A pure function of its
/// arguments: equal for any order and number of threads. `options` must be valid; `records` is not looked at.
///
/// With `without_finding` the twin is rendered: the same heart, rhythm, noise and report, with that finding off.
/// Outside the finding's evidence (primary or secondary) the samples of record and twin are equal bit for bit. A
/// finding that the record does not have gives the record itself. Taking away `normal` is out_of_range: it is no
/// finding, but the lack of all.
[[nodiscard]] EcgRecord render(const SyntheticOptions& options, std::int64_t index,
                               std::optional<int> without_finding = std::nullopt);

/// The findings of record `index`, without rendering it.
[[nodiscard]] FindingSet finding_set(const SyntheticOptions& options, std::int64_t index);

}  // namespace scar::data
