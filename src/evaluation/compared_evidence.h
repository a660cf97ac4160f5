#pragma once

#include "scar/evaluation/comparison.h"
#include "scores_document.h"

namespace scar::evaluation {

/// Scores of records and twins (kind "evidence") as what is compared: macro AUROC over the findings, pooled, clean and with
/// the primary or the secondary evidence removed. With all evidence removed there is nothing to compare.
[[nodiscard]] ComparedModel compared_evidence(const ScoresReader& reader);

}  // namespace scar::evaluation
