#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scar/evaluation/paired_difference.h"
#include "scar/evaluation/patient_bootstrap.h"

/// Two methods compared from what their models answered, over seeds and over patients. Knows nothing of how figures
/// come about: a loader per kind of file (compared_files.h) makes ComparedModels.
namespace scar::evaluation {

/// What must be equal for two figures to be comparable: (in words, value).
using Identity = std::vector<std::pair<std::string, std::string>>;

struct ComparedCondition {
  std::string name;  // "clean", "critical:0.5", "cmrs"
  std::string what;  // the figure: "macro AUROC", "CMRS"
  Identity identity;
  Figure figure;
  std::vector<std::int64_t> records;  // numbers of those that take part, ascending
};

/// One model's answers. Records and patients are the same for all models that are compared: their identity says so.
struct ComparedModel {
  std::string origin;  // the file, for messages
  Identity identity;
  std::vector<std::string> classes;   // columns of the figures' parts
  std::optional<std::uint64_t> seed;  // of the training; null: unknown
  std::string weights_sha256;
  Patients patients;
  std::vector<ComparedCondition> conditions;
};

struct ComparisonOptions {
  std::vector<std::string> endpoints;  // conditions that share a level (Holm); empty: all
  BootstrapOptions bootstrap;
};

struct ConditionComparison {
  std::string name, what;
  std::optional<PairedDifference> difference;  // null: no class is defined for every model
  bool endpoint = false;
  std::optional<double> holm_p;       // of endpoints; a difference that is null counts as p = 1
  std::vector<double> of_a, of_b;     // per seed; empty if the difference is null
  std::vector<std::string> left_out;  // classes that are not defined for every model, in any part
  std::int64_t n_records = 0, n_patients = 0;
  std::int64_t classes_skipped = 0, resamples_undefined = 0;  // see BootstrappedFigure
};
struct Comparison {
  std::vector<ConditionComparison> conditions;  // those that every file has, in the order of the first file
  std::vector<std::string> not_in_all;          // those that some file lacks
  std::int64_t n_seeds = 0, n_patients = 0;
};

/// a[i] is paired with b[i]: runs of one seed. Errors: usage (groups of different sizes, an endpoint that is not in
/// every file), contradiction (seeds known and different, or one model twice in a group), store_mismatch (files that
/// answer different questions; both are named, with what differs), undefined_score (nothing can be compared).
[[nodiscard]] Comparison compare_models(const std::vector<ComparedModel>& a, const std::vector<ComparedModel>& b,
                                        const ComparisonOptions& options);

/// 95 % intervals over patients of one model's own figures, as its conditions; null where a figure is not defined.
[[nodiscard]] std::vector<std::optional<Interval>> own_intervals(const ComparedModel& model,
                                                                 const BootstrapOptions& options);

}  // namespace scar::evaluation
