#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "scar/core/json.h"
#include "scar/evaluation/patient_bootstrap.h"
#include "scar/evaluation/zero_shot_scores.h"
#include "task_inputs.h"

/// Scores of an evaluation: kept for comparisons, and asked for their intervals.
namespace scar::apps {

/// Says before hours of work that a file could not be written after them: Error data_missing if its folder is not
/// there. "" = not asked for.
void check_can_save(const std::string& file, const std::string& flag);

/// Threads of a bootstrap: as asked for, 0 = one per core.
[[nodiscard]] int bootstrap_jobs(long long threads);

/// What was asked and who answers; the answers are to follow.
[[nodiscard]] evaluation::ZeroShotScores scores_head(const TaskInputs& task);

/// 95 % intervals over patients by condition; `about` becomes what results say of them.
[[nodiscard]] std::map<std::string, std::optional<evaluation::Interval>> intervals_of(
    const evaluation::ZeroShotScores& scores, std::uint64_t seed, int jobs, Json& about);

}  // namespace scar::apps
