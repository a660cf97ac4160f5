#include "scar/ingest/recipes/ptbxl_table.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "../background.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/hash.h"
#include "scar/ingest/csv.h"
#include "scar/ingest/data_root.h"
#include "strict_text.h"

namespace scar::ingest {

namespace {

constexpr std::uint64_t kMaxTableBytes = std::uint64_t{256} << 20;

// ecg_id and patient_id are written as 15709 or 15709.0, by release.
std::int64_t whole_number(const CsvTable& table, std::size_t row, std::size_t column, double low, double high) {
  const auto text = table.at(row, column);
  const auto value = parse_number<double>(text);
  if (!value || std::floor(*value) != *value || *value < low || *value > high) {
    throw Error(Code::csv_invalid, cat("column '", table.columns()[column], "' is not a whole number in its range"))
        .at(table.where(row))
        .got(shown(text))
        .wanted(cat(static_cast<std::int64_t>(low), " to ", static_cast<std::int64_t>(high)));
  }
  return static_cast<std::int64_t>(*value);
}

std::string read_table(const DataRoot& root, const char* name) {
  try {
    return root.read(root / name, kMaxTableBytes);
  } catch (const Error& error) {
    if (error.code() != Code::data_missing) throw;
    throw Error(Code::data_missing, cat("this is not a PTB-XL folder: ", name, " is not there"))
        .at((root / name).string())
        .wanted("ptbxl_database.csv, scp_statements.csv and records100/ or records500/")
        .hint("give the folder that holds these files; scar-prepare download ptbxl fetches PTB-XL 1.0.3");
  }
}

void check_unique(const PtbxlTable& table, const std::string& origin) {
  std::map<std::string_view, const PtbxlRow*> patients;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const auto& row = table.rows[i];
    if (i > 0 && table.rows[i - 1].number == row.number) {
      throw Error(Code::duplicate_record, "an ecg_id stands in two rows")
          .at(cat(origin, ":", row.line))
          .got(cat(row.id, ", also on line ", table.rows[i - 1].line));
    }
    const auto [other, fresh] = patients.try_emplace(row.patient, &row);
    if (!fresh && other->second->fold != row.fold) {
      throw Error(Code::patient_in_two_splits, "a patient has records in two folds")
          .at(cat(origin, ":", row.line))
          .got(cat("patient ", row.patient, ": record ", other->second->id, " in fold ", other->second->fold,
                   ", record ", row.id, " in fold ", row.fold))
          .hint("folds that share a patient measure memory, not skill: use the table as it was published");
    }
  }
}

}  // namespace

PtbxlTable read_ptbxl_table(const DataRoot& root) {
  PtbxlTable table;
  table.root = root.folder();
  const auto statements_path = (root / "scp_statements.csv").string();
  const auto database_path = (root / "ptbxl_database.csv").string();
  const std::string database_text = read_table(root, "ptbxl_database.csv");
  const std::string statements_text = read_table(root, "scp_statements.csv");
  table.database_sha256 = sha256_hex(database_text);
  table.statements_sha256 = sha256_hex(statements_text);
  const PtbxlStatements statements(CsvTable::parse(statements_text, statements_path));
  const auto csv = CsvTable::parse(database_text, database_path);
  const std::size_t id = csv.column("ecg_id"), patient = csv.column("patient_id"), device = csv.column("device");
  const std::size_t report = csv.column("report"), codes = csv.column("scp_codes"), fold = csv.column("strat_fold");
  const std::size_t low_rate = csv.column("filename_lr"), high_rate = csv.column("filename_hr");
  const auto sex = csv.find_column("sex"), age = csv.find_column("age"), site = csv.find_column("site");
  if (csv.rows() == 0) throw Error(Code::csv_invalid, "the table has no rows").at(database_path);
  table.rows.resize(csv.rows());
  for (std::size_t i = 0; i < csv.rows(); ++i) {
    auto& row = table.rows[i];
    const auto cell = [&](const std::optional<std::size_t>& column) {
      return column ? std::string(trimmed(csv.at(i, *column))) : std::string();
    };
    row.line = csv.line(i);
    row.number = whole_number(csv, i, id, 1, 9'999'999);
    row.id = cat(row.number);
    row.patient = cat(whole_number(csv, i, patient, 0, 1e15));
    row.fold = static_cast<int>(whole_number(csv, i, fold, 1, kPtbxlFolds));
    row.background = {cell(sex) == "0"   ? "male"
                      : cell(sex) == "1" ? "female"
                                         : "",
                      parse_age(cell(age)), single_spaced(csv.at(i, device)), cell(site)};
    if (row.background.site.ends_with(".0")) row.background.site.resize(row.background.site.size() - 2);
    row.report = csv.at(i, report);
    row.labels = statements.labels(parse_scp_codes(csv.at(i, codes), csv.where(i)), csv.where(i));
    row.file_100hz = csv.at(i, low_rate);
    row.file_500hz = csv.at(i, high_rate);
    for (const auto& file : {row.file_100hz, row.file_500hz}) {
      static_cast<void>(inside_root(root.folder(), file, csv.where(i)));  // throws
    }
  }
  std::sort(table.rows.begin(), table.rows.end(), [](const PtbxlRow& a, const PtbxlRow& b) {
    return std::pair(a.number, a.line) < std::pair(b.number, b.line);
  });
  check_unique(table, database_path);
  return table;
}

PtbxlCensus take_census(const PtbxlTable& table) {
  PtbxlCensus census;
  census.tasks = ptbxl_task_counts();
  for (auto& task : census.tasks) {
    task.records = {};
    for (auto& one : task.classes) one.positives = {};
  }
  std::set<std::string_view> patients;
  for (const auto& row : table.rows) {
    ++census.records;
    ++census.fold_records[static_cast<std::size_t>(row.fold - 1)];
    patients.insert(row.patient);
    if (!row.labels.contains("ptbxl-super")) ++census.without_diagnosis;
    const auto split = static_cast<std::size_t>(ptbxl_split_of_fold(row.fold));
    for (auto& task : census.tasks) {
      const auto labels = row.labels.find(task.name);
      if (labels == row.labels.end()) continue;
      ++task.records[split];
      for (std::size_t c = 0; c < task.classes.size(); ++c) task.classes[c].positives[split] += labels->second[c];
    }
  }
  census.patients = static_cast<std::int64_t>(patients.size());
  census.split_complete.fill(true);
  std::int64_t expected = 0;
  for (int fold = 1; fold <= kPtbxlFolds; ++fold) {
    const bool there = census.fold_records[static_cast<std::size_t>(fold - 1)] > 0;
    (there ? census.present : census.absent).push_back(fold);
    if (there) expected += ptbxl_fold_size(fold);
    if (!there) census.split_complete[static_cast<std::size_t>(ptbxl_split_of_fold(fold))] = false;
  }
  if (census.records == 21837 && census.patients == 18885) {
    census.version = "1.0.1";
  } else if (census.records != expected || (census.absent.empty() && census.patients != kPtbxlPatients)) {
    census.version = "unknown";
  } else {
    census.version = census.absent.empty() ? "1.0.3" : cat("1.0.3, folds ", fold_list(census.present), " of 10");
  }
  return census;
}

void check_counts(const PtbxlCensus& census, const std::string& origin) {
  constexpr std::array<const char*, 3> kSplits = {"train (folds 1-8)", "validation (fold 9)", "test (fold 10)"};
  std::vector<std::string> differences;
  const auto compare = [&](const std::string& what, std::int64_t counted, std::int64_t published) {
    if (counted != published) differences.push_back(cat(what, ": ", counted, " counted, ", published, " published"));
  };
  for (const int fold : census.present) {
    compare(cat("fold ", fold, ", records"), census.fold_records[static_cast<std::size_t>(fold - 1)],
            ptbxl_fold_size(fold));
  }
  if (census.absent.empty()) compare("patients", census.patients, kPtbxlPatients);
  const auto& published = ptbxl_task_counts();
  for (std::size_t task = 0; task < published.size(); ++task) {
    for (std::size_t split = 0; split < kSplits.size(); ++split) {
      if (!census.split_complete[split]) continue;
      const auto name = cat(published[task].name, ", ", kSplits[split], ", ");
      compare(cat(name, "records"), census.tasks[task].records[split], published[task].records[split]);
      for (std::size_t c = 0; c < published[task].classes.size(); ++c) {
        compare(cat(name, published[task].classes[c].name), census.tasks[task].classes[c].positives[split],
                published[task].classes[c].positives[split]);
      }
    }
  }
  if (differences.empty()) return;
  constexpr std::size_t kShown = 30;
  std::string table = cat(differences.size(), differences.size() == 1 ? " difference" : " differences");
  for (std::size_t i = 0; i < std::min(kShown, differences.size()); ++i) table += cat("\n    ", differences[i]);
  if (differences.size() > kShown) table += cat("\n    and ", differences.size() - kShown, " more");
  throw Error(Code::counts_differ, "the table does not have the counts of PTB-XL 1.0.3")
      .at(origin)
      .got(table)
      .hint(census.version == "1.0.1"
                ? "this is PTB-XL 1.0.1: use 1.0.3, where 38 duplicates are gone and labels merged"
                : "use the table as it was published; --partial-table takes a part of it, unchecked");
}

std::string fold_list(const std::vector<int>& folds) {
  std::string out;
  for (std::size_t i = 0; i < folds.size();) {
    std::size_t last = i;
    while (last + 1 < folds.size() && folds[last + 1] == folds[last] + 1) ++last;
    if (!out.empty()) out += ", ";
    out += last == i ? cat(folds[i]) : cat(folds[i], "-", folds[last]);
    i = last + 1;
  }
  return out;
}

}  // namespace scar::ingest
