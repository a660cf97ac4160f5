#pragma once

#include <filesystem>

#include "scar/evaluation/comparison.h"
#include "scar/evaluation/zero_shot_scores.h"

/// Files of scores as what is compared. Each kind of file has one function here and one line in the table of the
/// source.
namespace scar::evaluation {

/// Conditions: clean and each mask by rule (macro AUROC over all records), critical:RATE and random:RATE (macro AUROC
/// over mask-matched samples), cmrs:RATE and cmrs, random-cmrs:RATE and random-cmrs.
///
/// Masks by rule, random and transferred masks must be the same; own critical masks differ between models by nature,
/// and there the sampled positives and negatives must be the same. Patients are the clusters. The resampling of a CMRS
/// keeps its classes, its positives and their pi and pi~, and counts the positives anew: the negatives' share of the
/// chance is not in its interval.
[[nodiscard]] ComparedModel compared_model(const ZeroShotScores& scores, const std::string& origin);

/// Reads a file of any kind. Errors: data_missing, data_unreadable.
[[nodiscard]] ComparedModel load_compared_model(const std::filesystem::path& path);

}  // namespace scar::evaluation
