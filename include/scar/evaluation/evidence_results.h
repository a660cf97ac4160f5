#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "scar/core/json.h"
#include "scar/evaluation/enrichment.h"
#include "scar/evaluation/oracle_auroc.h"
#include "scar/evaluation/secondary_weight.h"

/// Enrichment and oracle AUROC as documents (docs/metrics.md, "Evidence"), as tables, and as scores to compare runs with.
namespace scar::evaluation {

[[nodiscard]] Json enrichment_json(const EnrichmentStudy& study, const EnrichmentOptions& options);
[[nodiscard]] Json oracle_json(const OracleStudy& study, const OracleScores& scores);
[[nodiscard]] Json secondary_weight_json(const SecondaryWeight& study);
[[nodiscard]] std::string secondary_weight_table(const SecondaryWeight& study);
[[nodiscard]] std::string enrichment_table(const EnrichmentStudy& study);
[[nodiscard]] std::string oracle_table(const OracleStudy& study);

/// "1.38 [1.21, 1.52]"; "-" for null.
[[nodiscard]] std::string with_interval(const std::optional<double>& value, const std::optional<Interval>& interval);

/// Writes a file of scores of kind "evidence" (docs/metrics.md, "Files of scores"), so that two runs can be compared pair
/// by pair. `document`: run, store, split, prompts. To it are added
///   "oracle": {FINDING: {"records": ids of the pairs, "patients": [of the pairs]}}
///   "enrichment": {"records", "patients", "findings": [of the records]}
/// Tensors, float64: oracle.FINDING.CONDITION.record and .twin [pairs of the finding], cosines (CONDITION: clean,
/// primary_removed, secondary_removed, all_removed); enrichment.STRUCTURE.RATE.MEASURE [records], NaN = not defined.
void save_evidence_scores(const std::filesystem::path& path, const EnrichmentStudy& enrichment,
                          const OracleScores& oracle, Json document);

}  // namespace scar::evaluation
