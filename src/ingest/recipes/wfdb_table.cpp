#include "scar/ingest/recipes/wfdb_table.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "../background.h"
#include "../strict_text.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/hash.h"
#include "scar/core/json.h"
#include "scar/ingest/csv.h"
#include "scar/ingest/data_root.h"

namespace scar::ingest {

namespace {

namespace fs = std::filesystem;

const std::vector<std::string>& known_columns() {
  static const std::vector<std::string> names = {"path",     "id",       "patient", "fold", "split",  "report",
                                                 "language", "recorder", "sex",     "age",  "device", "site"};
  return names;
}

struct LabelColumn {
  std::size_t column, task, index;
};

/// The columns of a table by what they mean.
class Columns {
 public:
  explicit Columns(const CsvTable& table) : table_(table) {
    for (std::size_t c = 0; c < table.columns().size(); ++c) {
      const auto& name = table.columns()[c];
      if (name.starts_with('#') ||
          std::find(known_columns().begin(), known_columns().end(), name) != known_columns().end())
        continue;
      const auto slash = name.find('/');
      if (slash == std::string::npos || slash == 0 || slash + 1 == name.size()) {
        const auto near = nearest_name(name, known_columns());
        throw Error(Code::csv_invalid, "an unknown column")
            .at(table.origin())
            .got(shown(name))
            .wanted(
                "path, id, patient, fold, split, report, language, recorder, sex, age, device, site, TASK/CLASS or a "
                "name that begins with '#'")
            .hint(near.empty() ? std::string("put '#' before the name of a column that is not to be read")
                               : cat("did you mean '", near, "'?"));
      }
      add_label(c, name.substr(0, slash), name.substr(slash + 1));
    }
    (void)table.column("path");
    if (table.find_column("fold") && table.find_column("split"))
      throw Error(Code::csv_invalid, "the table has both 'fold' and 'split'").at(table.origin()).wanted("one of them");
  }

  [[nodiscard]] std::string text(std::size_t row, const char* name) const {
    const auto column = table_.find_column(name);
    return column ? std::string(table_.at(row, *column)) : std::string();
  }
  [[nodiscard]] const std::vector<data::TaskInfo>& tasks() const { return tasks_; }

  [[nodiscard]] std::map<std::string, std::vector<std::uint8_t>> labels(std::size_t row) const {
    std::vector<std::vector<std::optional<bool>>> cells(tasks_.size());
    for (std::size_t t = 0; t < tasks_.size(); ++t) cells[t].resize(tasks_[t].classes.size());
    for (const auto& label : labels_) {
      const auto cell = trimmed(table_.at(row, label.column));
      if (cell.empty()) continue;
      if (cell != "0" && cell != "1")
        throw Error(Code::csv_invalid,
                    cat("a label in column '", table_.columns()[label.column], "' is neither 0 nor 1"))
            .at(table_.where(row))
            .got(shown(cell));
      cells[label.task][label.index] = cell == "1";
    }
    std::map<std::string, std::vector<std::uint8_t>> out;
    for (std::size_t t = 0; t < tasks_.size(); ++t) {
      const auto empty = std::count(cells[t].begin(), cells[t].end(), std::nullopt);
      if (empty == static_cast<std::ptrdiff_t>(cells[t].size())) continue;
      if (empty > 0)
        throw Error(Code::csv_invalid, cat("some labels of task '", tasks_[t].name, "' are empty and some are not"))
            .at(table_.where(row))
            .wanted("0 or 1 for every class, or nothing for all: the record is not part of the task then");
      auto& row_labels = out[tasks_[t].name];
      for (const auto& cell : cells[t]) row_labels.push_back(*cell ? 1 : 0);
    }
    return out;
  }

 private:
  void add_label(std::size_t column, const std::string& task, const std::string& name) {
    auto found = std::find_if(tasks_.begin(), tasks_.end(), [&](const auto& one) { return one.name == task; });
    if (found == tasks_.end()) found = tasks_.insert(tasks_.end(), {task, {}});
    labels_.push_back({column, static_cast<std::size_t>(found - tasks_.begin()), found->classes.size()});
    found->classes.push_back(name);
  }

  const CsvTable& table_;
  std::vector<data::TaskInfo> tasks_;
  std::vector<LabelColumn> labels_;
};

std::vector<int> whole(const std::vector<double>& folds) { return {folds.begin(), folds.end()}; }

int fold_of(const CsvTable& table, std::size_t row, const Columns& columns, const Source& source) {
  const auto first = [](const std::vector<int>& folds) { return folds.empty() ? 0 : folds.front(); };
  if (table.find_column("split")) {
    const auto split = columns.text(row, "split");
    if (split == "train") return first(source.train_folds);
    if (split == "validation") return first(source.validation_folds);
    if (split == "test") return first(source.test_folds);
    throw Error(Code::csv_invalid, "an unknown split")
        .at(table.where(row))
        .got(shown(split))
        .wanted("train, validation or test");
  }
  if (!table.find_column("fold")) return first(source.train_folds);
  const auto text = columns.text(row, "fold");
  const auto fold = parse_number<int>(trimmed(text));
  if (!fold || *fold < 0 || *fold > 1000)
    throw Error(Code::csv_invalid, "a fold is no whole number")
        .at(table.where(row))
        .got(shown(text))
        .wanted("0 to 1000");
  return *fold;
}

}  // namespace

Source wfdb_table_source(const DataRoot& root, const fs::path& table_path, const WfdbTableOptions& options) {
  const auto table = CsvTable::read(table_path);
  const Columns columns(table);
  Source source;
  source.name = table_path.filename().string();
  source.root = root;
  source.kind = "wfdb";
  source.tasks = columns.tasks();
  source.train_folds = whole(options.train_folds);
  source.validation_folds = whole(options.validation_folds);
  source.test_folds = whole(options.test_folds);
  Json provenance;
  provenance["source"] = "WFDB records of a table";
  provenance["table"] = sha256_file(table_path);
  provenance["window_s"] = options.seconds;
  source.provenance_json = provenance.dump();
  std::set<std::string> ids;
  for (std::size_t r = 0; r < table.rows(); ++r) {
    SourceRecord record;
    auto path = columns.text(r, "path");
    if (path.ends_with(".hea")) path.resize(path.size() - 4);
    (void)inside_root(root.folder(), path, table.where(r));
    record.id = columns.text(r, "id");
    if (record.id.empty()) record.id = path;
    if (!ids.insert(record.id).second)
      throw Error(Code::duplicate_record, "a record stands twice in the table")
          .at(table.where(r))
          .got(shown(record.id));
    record.patient = columns.text(r, "patient");
    record.fold = fold_of(table, r, columns, source);
    record.report = columns.text(r, "report");
    record.language = columns.text(r, "language");
    record.recorder = columns.text(r, "recorder");
    record.background = {parse_sex(columns.text(r, "sex")), parse_age(columns.text(r, "age")),
                         columns.text(r, "device"), columns.text(r, "site")};
    record.labels = columns.labels(r);
    record.files = {path + ".hea"};
    source.records.push_back(std::move(record));
  }
  return source;
}

}  // namespace scar::ingest
