#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scar/core/fields.h"
#include "scar/data/store/store_format.h"
#include "scar/ingest/recipes/ptbxl_table.h"

namespace scar::ingest {

/// How PTB-XL (Wagner et al., Scientific Data 7:154, 2020) becomes a store.
struct PtbxlOptions {
  std::int64_t rate_hz = 100;  // 100 or 500: which of the two copies of each record
  bool allow_missing = false;  // leave out, and list, rows whose files are not there
  bool quarantine = false;     // leave out, and list, records that are damaged
  bool partial_table = false;  // take a part of the table: counts are not checked
};

template <class Visitor>
void visit_fields(PtbxlOptions& o, Visitor&& visit) {
  visit("rate_hz", o.rate_hz, Range{100, 500}, "samples per second, 100 or 500: which copy of each record is read");
  visit("allow_missing", o.allow_missing, Any{}, "leave out, and list, records whose files are not there");
  visit("quarantine", o.quarantine, Any{}, "leave out, and list, records that are damaged");
  visit("partial_table", o.partial_table, Any{}, "the table is a part of PTB-XL: counts are not checked");
}

void validate(const PtbxlOptions& options, Problems& problems);

/// What `ingest` is given by the program rather than decides.
struct PtbxlCallbacks {
  /// Report as training reads it, "" where nothing is said about the ECG. Called from several threads. Empty function:
  /// the raw text.
  std::function<std::string(std::string_view)> clean_report;
  std::string cleaning_json;  // a JSON object for the provenance: what clean_report does; "" = {}
  std::function<void(std::int64_t done, std::int64_t total)> progress;  // from the calling thread
};

struct PtbxlSummary {
  PtbxlCensus census;
  std::map<std::string, std::int64_t> languages, recorders;  // of all rows; "" = unknown
  std::int64_t reports_without_content = 0;                  // kept, with an empty report: not for pretraining
  std::vector<std::string> without_content;                  // their ids
  data::StoreSummary store;                                  // in = records + excluded
  bool stopped = false;                                      // by a signal; the same call goes on from there
};

/// Reads table and records below `root` with `jobs` threads and writes the store `out`. Records are in order of ecg_id
/// and the store is the same for any number of jobs; a shard of records is in memory at a time. Goes on where an
/// interrupted run ended. Absent folds and a skipped count check are warnings.
///
/// Errors: those of read_ptbxl_table, check_counts, read_wfdb_ecg and StoreWriter; data_missing names the first records
/// without files and how many there are.
PtbxlSummary prepare_ptbxl(const std::filesystem::path& root, const std::filesystem::path& out,
                           const PtbxlOptions& options, const PtbxlCallbacks& callbacks, int jobs);

struct PtbxlVerification {
  PtbxlCensus census;
  std::int64_t records = 0;               // read without a problem
  std::int64_t sums = 0;                  // files compared with SHA256SUMS.txt; 0 = the folder has none
  std::vector<data::Exclusion> problems;  // in order of ecg_id: file_missing, signal_checksum, sha256, ...
};

/// The same reading without writing, to the end whatever is found; also compares every file that it reads with
/// SHA256SUMS.txt where the folder has one. Problems of the table itself are thrown.
[[nodiscard]] PtbxlVerification verify_ptbxl(const std::filesystem::path& root, const PtbxlOptions& options,
                                             const PtbxlCallbacks& callbacks, int jobs);

}  // namespace scar::ingest
