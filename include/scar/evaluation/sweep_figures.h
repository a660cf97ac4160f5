#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scar/core/json.h"
#include "scar/data/masks.h"
#include "scar/evaluation/patient_bootstrap.h"
#include "scar/evaluation/zero_shot_scores.h"

/// What a sweep says of one task: AUROC and retention of every rule, curves over the rate, worst leads, each with an
/// interval over patients (docs/metrics.md, "Sweeps").
namespace scar::evaluation {

inline constexpr double kLeastRetainable = .55;  // clean AUROC above which a class has something to lose

/// Scores of a task under one cell of a sweep.
struct SweptCell {
  data::MaskSpec spec;
  std::uint64_t seed = 0;
  RuleScores scores;
};

struct Figured {
  std::optional<double> value;
  std::optional<Interval> ci95;
};

/// One rule, mean over its seeds.
struct SweptRule {
  std::string rule;  // "clean", "joint:0.5"
  data::MaskSpec spec;
  std::vector<std::size_t> cells;  // one per seed
  Figured macro_auroc;             // over the classes that are defined in every cell
  Figured retention;  // mean over the classes with a clean AUROC above .55 of (AUROC - .5) / (clean AUROC - .5)
  std::vector<std::optional<double>> by_seed;   // macro AUROC
  std::vector<std::optional<double>> by_class;  // AUROC
};

/// A mode over its rates: AURC is the trapezoid area under macro AUROC from rate 0 (clean) to the largest, divided by
/// the largest.
struct SweptCurve {
  std::string mode;
  std::vector<std::size_t> rules;  // by ascending rate, without clean
  Figured aurc;
};

struct SweepFigures {
  std::vector<std::string> undefined;     // classes that some cell lacks positives or negatives of
  std::vector<std::string> not_retained;  // defined classes with a clean AUROC of .55 or less
  std::vector<SweptRule> rules;           // clean first
  std::vector<SweptCurve> curves;
  /// The lowest macro AUROC of each kind, as a place in `rules`; chosen on the records that it is measured on, which
  /// its interval does not know.
  std::optional<std::size_t> worst_set, worst_lead, worst_pair;
};

/// cells: the first is clean. `labels` [records * classes] and `patients` [records] of the task's records.
/// Error undefined_score if no class is defined in every cell.
[[nodiscard]] SweepFigures study_sweep(const std::vector<SweptCell>& cells, const std::vector<std::string>& classes,
                                       const std::vector<std::uint8_t>& labels,
                                       const std::vector<std::string>& patients, const BootstrapOptions& options);

[[nodiscard]] Json sweep_json(const SweepFigures& figures, const std::vector<std::string>& classes,
                              const BootstrapOptions& options);
[[nodiscard]] std::string sweep_table(const SweepFigures& figures);

}  // namespace scar::evaluation
