#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "scar/core/fields.h"
#include "scar/ingest/data_root.h"
#include "scar/ingest/preparation.h"

namespace scar::ingest {

/// How anyone's own WFDB records become a store: a table names them.
struct WfdbTableOptions {
  std::int64_t rate_hz = 0;
  double seconds = 10;
  std::vector<double> train_folds = {1, 2, 3, 4, 5, 6, 7, 8}, validation_folds = {9}, test_folds = {10};
  ToleranceOptions tolerance;
};
template <class Visitor>
void visit_fields(WfdbTableOptions& o, Visitor&& visit) {
  visit("rate", o.rate_hz, Range{0, 10000}, "samples per second of the store; 0: that of the first record");
  visit("seconds", o.seconds, Range{1, 3600},
        "length: the first seconds, shorter records are padded with missing samples");
  visit("train_folds", o.train_folds, Range{0, 1000}, "folds of the table that train");
  visit("validation_folds", o.validation_folds, Range{0, 1000}, "folds of the table that validate");
  visit("test_folds", o.test_folds, Range{0, 1000}, "folds of the table that test");
  visit_fields(o.tolerance, visit);
}

/// The columns of the table, one row per record (docs/data.md):
///   path       required: the header below the root, with or without .hea
///   id         unique; default: path
///   patient    default: unknown, every such record counts as a patient of its own
///   fold       a whole number; default: the first training fold for all
///   split      train, validation or test instead of fold
///   report, language, recorder
///   sex (female, male), age (years), device, site
///   TASK/CLASS 0 or 1; a record whose cells of a task are all empty is not part of it
/// and columns whose name begins with '#', which are not read. Any other column is an error: a misspelt one would be lost.
/// Errors: those of CsvTable; csv_invalid for a value that is none of its column; path_escapes_root; duplicate_record;
/// patient_in_two_splits.
[[nodiscard]] Source wfdb_table_source(const DataRoot& root, const std::filesystem::path& table,
                                       const WfdbTableOptions& options);

}  // namespace scar::ingest
