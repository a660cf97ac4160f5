#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scar/core/fields.h"
#include "scar/ingest/processing.h"
#include "scar/ingest/source.h"

namespace scar::ingest {

/// What may be left out. Everything that is left out is listed in the store with its reason.
struct ToleranceOptions {
  bool allow_missing = false;  // rows whose files are not there
  bool quarantine = false;     // records that are damaged
  double max_bad = 0.01;       // of all records, damaged ones, with quarantine
};
template <class Visitor>
void visit_fields(ToleranceOptions& o, Visitor&& visit) {
  visit("allow_missing", o.allow_missing, Any{}, "leave out, and list, records whose files are not there");
  visit("quarantine", o.quarantine, Any{}, "leave out, and list, records that are damaged");
  visit("max_bad", o.max_bad, Range{0, 1}, "with quarantine: largest share of the records that may be damaged");
}

/// What every record of a store is brought to (signal_path.h), and what is done to it before that.
struct SignalOptions {
  std::int64_t rate_hz = 0;  // 0: the source has one rate, and that is kept
  double seconds = 10;
  ProcessingOptions processing{};
};

/// What `ingest` is given by the program rather than decides.
struct IngestCallbacks {
  /// Report as training reads it, "" where nothing is said about the ECG. Called from several threads. Empty function:
  /// the raw text.
  std::function<std::string(std::string_view)> clean_report;
  std::string cleaning_json;  // a JSON object for the provenance: what clean_report does; "" = {}
  std::function<void(std::int64_t done, std::int64_t total)> progress;  // from the calling thread
};

struct PreparationSummary {
  data::StoreSummary store;                                  // in = records + excluded
  std::map<std::string, std::int64_t> languages, recorders;  // of the stored records; "" = unknown
  std::vector<std::string> without_content;                  // ids, stored with an empty report: not for pretraining
  std::map<std::string, std::int64_t> notes;  // "resampled", "padded", ...: records of this run, by what was done
  bool stopped = false;                       // by a signal; the same call goes on from there
};

/// Reads the signals with `jobs` threads and writes the store `out`. The store is the same for any number of jobs; one
/// shard of records is in memory at a time. Goes on where an interrupted run ended.
///
/// What is not the heart's is missing in the store: flat stretches where the signal is changed (processing.h), else
/// data::token_visibility finds them. With derived leads the store has a task more (kDerivedTask).
///
/// Errors: those of the reader, of filter_signal() and of StoreWriter; contradiction for processing of final signals; data_missing names the first records without files and how many there
/// are; data_unreadable if more than max_bad of the records are damaged.
PreparationSummary prepare(const Source& source, const std::filesystem::path& out, const SignalOptions& signal,
                           const ToleranceOptions& tolerance, const IngestCallbacks& callbacks, int jobs);

struct Verification {
  std::int64_t records = 0;               // that a store would hold, read without a problem
  std::vector<data::Exclusion> left_out;  // by the rules of the source, and not damaged
  std::int64_t sums = 0;                  // files compared with SHA256SUMS.txt; 0 = the folder has none
  std::vector<data::Exclusion> problems;  // in the order of the source: file_missing, signal_checksum, sha256, ...
};

/// The same reading without writing, to the end whatever is found; records that the rules of the source leave out are
/// read too, if their files are there. Also compares the files of all records and the tables of the source with
/// SHA256SUMS.txt where the root has one. Records = good + left out + problems, but for problems of tables, whose id is "".
[[nodiscard]] Verification verify_source(const Source& source, const IngestCallbacks& callbacks, int jobs);

}  // namespace scar::ingest
