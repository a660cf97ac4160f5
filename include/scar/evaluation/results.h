#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "scar/core/json.h"
#include "scar/evaluation/critical_study.h"
#include "scar/evaluation/patient_bootstrap.h"
#include "scar/evaluation/scores.h"
#include "scar/evaluation/subgroups.h"
#include "scar/evaluation/task_intervals.h"
#include "scar/evaluation/zero_shot.h"

/// Results as documents (docs/metrics.md lists their members) and as tables for people.
namespace scar::evaluation {

[[nodiscard]] Json score_json(const TaskScore& score);
/// Adds intervals to score_json() of the same table.
void add_intervals(Json& score, const TaskIntervals& intervals);
[[nodiscard]] Json subgroups_json(const std::vector<SubgroupScores>& subgroups);
[[nodiscard]] Json excluded_json(const std::vector<ExcludedRecord>& excluded);
/// Effective rate, hash, records left out, scores, recorder families of one condition. `masks` may be null.
[[nodiscard]] Json condition_json(const std::string& name, const ZeroShotResult& result, const RecordMasks* masks);
/// The measured rates that are in `asked`; all of them if it is empty.
[[nodiscard]] Json critical_json(const CriticalStudy& study, const std::vector<double>& asked);
[[nodiscard]] Json cmrs_json(const CmrsStudy& study, const CmrsOptions& options);

/// Columns of equal width; the first is text, the others are numbers and stand at the right.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> head) { rows_.push_back(std::move(head)); }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};
/// "0.817"; "-" for null.
[[nodiscard]] std::string three_digits(const std::optional<double>& value);
/// "0.801..0.833"; "-" for null.
[[nodiscard]] std::string three_digits(const std::optional<Interval>& interval);

/// AUROC and AP of each class with their intervals, then the means.
[[nodiscard]] std::string class_table(const TaskScore& score, const TaskIntervals& intervals);
[[nodiscard]] std::string subgroups_table(const std::vector<SubgroupScores>& subgroups);

/// One column of figures per condition, one row per class, then the means.
struct NamedScore {
  std::string name;
  TaskScore score;
  std::optional<Interval> ci95 = {};  // of the macro AUROC
};
[[nodiscard]] std::string score_table(const std::vector<NamedScore>& conditions);

/// Writes FOLDER/<stem>-<8 digits of the hash of `identity`>.json: a repetition replaces its own file and no other. On
/// a test split "test_peeks" counts the other results of this stem that lie there. Returns the path.
std::filesystem::path write_result(const std::filesystem::path& folder, const std::string& stem, const Json& identity,
                                   bool on_test_split, Json& document);

}  // namespace scar::evaluation
