#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scar/data/store/store_format.h"
#include "scar/ingest/csv.h"
#include "scar/ingest/recipes/scp_codes.h"

namespace scar::ingest {

/// What PTB-XL 1.0.3 holds: records per fold, and per task the records and the positives of each class in folds 1-8, 9
/// and 10. The order of the classes is that of the public label files and of the columns of every score matrix.
struct PtbxlClassCounts {
  std::string name;
  std::array<int, 3> positives;  // train, validation, test
};
struct PtbxlTaskCounts {
  std::string name;  // "ptbxl-super"
  std::array<int, 3> records;
  std::vector<PtbxlClassCounts> classes;
};
[[nodiscard]] const std::vector<PtbxlTaskCounts>& ptbxl_task_counts();
[[nodiscard]] int ptbxl_fold_size(int fold);      // 1 to 10
[[nodiscard]] int ptbxl_split_of_fold(int fold);  // 0 train (1-8), 1 validation (9), 2 test (10)
constexpr int kPtbxlFolds = 10;
constexpr int kPtbxlRecords = 21799;
constexpr int kPtbxlPatients = 18869;

[[nodiscard]] std::vector<data::TaskInfo> ptbxl_tasks();

/// scp_statements.csv: which classes a code stands for. Rule of the four public tasks: all codes of a record count,
/// whatever their likelihood. Super: diagnostic_class, Sub: diagnostic_subclass of diagnostic codes; Form, Rhythm: the
/// code itself where flagged; underscores at both ends removed. A record without a code of the kind is not part of the
/// task.
class PtbxlStatements {
 public:
  /// Error csv_invalid for a code that stands there twice, a class that no task has, a class of a task that no code
  /// has.
  explicit PtbxlStatements(const CsvTable& table);

  /// Rows of labels by task; a task is absent if the record is not part of it. scp_codes_invalid for an unknown code.
  [[nodiscard]] std::map<std::string, std::vector<std::uint8_t>> labels(const std::vector<ScpCode>& codes,
                                                                        const std::string& where) const;
  [[nodiscard]] std::size_t size() const { return classes_.size(); }

 private:
  struct Place {
    std::size_t task, index;
  };
  std::map<std::string, std::vector<Place>, std::less<>> classes_;  // of each code
};

}  // namespace scar::ingest
