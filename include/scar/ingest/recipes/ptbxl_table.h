#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "scar/data/ecg_record.h"
#include "scar/ingest/data_root.h"
#include "scar/ingest/recipes/ptbxl_tasks.h"

namespace scar::ingest {

struct PtbxlRow {
  std::string id;  // ecg_id
  std::int64_t number = 0;
  std::string patient;                 // patient_id as an integer
  int fold = 0;                        // 1 to 10
  data::Background background;         // device as written, without repeated spaces
  std::string report;                  // byte for byte
  std::string file_100hz, file_500hz;  // relative, without an ending
  std::map<std::string, std::vector<std::uint8_t>> labels;
  int line = 0;  // of ptbxl_database.csv
};

/// ptbxl_database.csv and scp_statements.csv of a PTB-XL folder, joined. Rows are in order of ecg_id.
struct PtbxlTable {
  std::filesystem::path root;
  std::vector<PtbxlRow> rows;
  std::string database_sha256, statements_sha256;
};

/// Errors: data_missing (with what a PTB-XL folder holds), those of CsvTable, csv_invalid for a value that is none of
/// its column, scp_codes_invalid, duplicate_record, path_escapes_root, patient_in_two_splits for a patient in two
/// folds.
[[nodiscard]] PtbxlTable read_ptbxl_table(const DataRoot& root);

/// What a table holds, counted from its rows.
struct PtbxlCensus {
  std::array<std::int64_t, kPtbxlFolds> fold_records{};
  std::vector<int> present, absent;  // folds
  std::int64_t records = 0, patients = 0;
  std::int64_t without_diagnosis = 0;    // not part of Super and Sub
  std::array<bool, 3> split_complete{};  // every fold of train, validation, test has rows
  std::vector<PtbxlTaskCounts> tasks;    // counted, in the layout of ptbxl_task_counts()
  std::string version;                   // "1.0.3", "1.0.3, folds 1-9 of 10", "1.0.1", "unknown"
};
[[nodiscard]] PtbxlCensus take_census(const PtbxlTable& table);

/// Compares with the published counts: the size of each fold that is present, and records and positives of each task in
/// each split whose folds are all present; for all ten folds also the number of patients. Error counts_differ with a
/// table of the differences.
void check_counts(const PtbxlCensus& census, const std::string& origin);

/// "1-8", "1-4, 6, 8-9"
[[nodiscard]] std::string fold_list(const std::vector<int>& folds);

}  // namespace scar::ingest
