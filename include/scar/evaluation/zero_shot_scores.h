#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "scar/evaluation/critical_study.h"
#include "scar/evaluation/missingness.h"
#include "scar/evaluation/zero_shot.h"

/// Everything that a later comparison of models needs of one zero-shot evaluation, so that no model is run again.
/// docs/metrics.md, "Files of scores", describes the file.
namespace scar::evaluation {

class ScoresReader;

/// All records under masks that follow from a rule, or under none.
struct RuleScores {
  std::string condition;           // "clean", "joint:0.5"
  std::string mask_sha256;         // "" for clean
  std::vector<std::int64_t> rows;  // ascending record numbers, 0 ... ids - 1; others had nothing visible left
  std::vector<double> scores;      // [rows * classes]
};

/// A record of the mask-matched sample of a class.
struct SampleMember {
  std::int64_t row = 0;  // record number
  std::int64_t label = 0;
  bool positive = false;
  std::optional<double> score;  // null: the masks leave nothing of it
};
/// Mask-matched samples under masks that depend on the label.
struct SampleScores {
  std::string condition;              // "critical:0.5", "random:0.5"
  std::string masks;                  // "own", "transferred", "random"
  std::string structure;              // what goes as a whole: "leads" ...
  std::string mask_sha256;            // of this rate and these positives
  std::vector<SampleMember> members;  // by class: positives, then negatives, each in hash order
};

/// What CMRS is made of: the clean-resolved positives of the classes that enter.
struct CmrsScores {
  std::string masks, structure;  // as in SampleScores; of the critical masks
  std::string mask_sha256;       // of all of them
  std::string rules;             // JSON of CmrsOptions
  std::vector<double> rates;
  std::vector<std::int64_t> rows, labels;                            // [positives]
  std::vector<double> clean;                                         // [positives] pi
  std::vector<std::vector<std::optional<double>>> critical, random;  // [rates][positives] pi~; null: not measured
};

struct ZeroShotScores {
  // What was asked.
  std::string task, split;
  std::vector<std::string> classes;
  std::vector<std::string> ids, patients;  // [records]; "" = the patient is unknown
  std::vector<std::uint8_t> labels;        // [records * classes], 0 or 1
  std::string prompts_sha256;
  std::string store_sha256;  // of its manifest
  std::string store_kind;
  std::string provenance;  // JSON object: label and window variants, filters
  double block_ms = 0;     // of a unit of masks
  // Who answered.
  std::string run, weights_sha256, config_sha256;
  std::optional<std::uint64_t> seed;  // of the training; null: unknown
  // The answers.
  std::vector<RuleScores> rules;
  std::vector<SampleScores> samples;
  std::optional<CmrsScores> cmrs;
};

[[nodiscard]] RuleScores rule_scores(const std::string& condition, const ZeroShotResult& result,
                                     const RecordMasks* masks);
/// Adds critical and random samples of the measured rates that are in `asked` (all if it is empty), and CMRS.
void add_study(ZeroShotScores& scores, const CriticalStudy& study, const CmrsOptions& cmrs_options,
               const std::vector<double>& asked);

/// Atomically. Errors: write_failed, disk_full, permission.
void save_zero_shot_scores(const ZeroShotScores& scores, const std::filesystem::path& path);
/// Checks shapes, ranges, that ids, conditions and the members of a sample are unique, and that members are as positive
/// as their labels say. Errors: data_missing, data_unreadable.
[[nodiscard]] ZeroShotScores load_zero_shot_scores(const std::filesystem::path& path);
[[nodiscard]] ZeroShotScores read_zero_shot_scores(const ScoresReader& reader);

}  // namespace scar::evaluation
