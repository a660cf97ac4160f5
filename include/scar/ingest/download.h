#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "scar/core/fields.h"

namespace scar::ingest {

/// A dataset that can be fetched: a folder of a server with a list of its files and their SHA-256 (SHA256SUMS.txt).
struct RemoteDataset {
  std::string name;                 // "ptbxl": on the command line, and the verb of scar-prepare that reads it
  std::string title;                // "PTB-XL 1.0.3"
  std::string project;              // "ptb-xl/1.0.3": what the folder of a download is a copy of
  std::string page;                 // where licence and access are explained
  std::string source;               // URL of the folder, with '/' at its end
  std::string records;              // the folder of the project that belongs to the dataset; "" = all
  std::vector<std::string> tables;  // files that reading needs whatever part is chosen; a list without one is another's
};

[[nodiscard]] const std::vector<RemoteDataset>& remote_datasets();
/// Error(out_of_range) with the names there are.
[[nodiscard]] const RemoteDataset& remote_dataset(const std::string& name);

struct DownloadOptions {
  std::string source;             // another URL of the dataset's folder; "" = the dataset's own
  std::vector<std::string> only;  // folders, files or patterns; empty = all
  std::string rate = "all";
  int jobs = 4;
  int attempts = 4;
  bool netrc = false;
  bool check = false;
  bool dry_run = false;
};
template <class Visitor>
void visit_fields(DownloadOptions& o, Visitor&& visit) {
  visit("source", o.source, Any{},
        "URL of a copy of the dataset's folder, https://, http:// or file:///; empty: the folder of the publisher");
  visit("only", o.only, Any{},
        "part to fetch: a folder as records100, a file, or a pattern with * ? [] that matches a whole path; several "
        "with commas between them; tables that are needed come along");
  visit("rate", o.rate, OneOf{{"all", "100", "500"}}, "PTB-XL: the copies at 100 Hz, those at 500 Hz or both");
  // PhysioNet answers a few connections and throttles dozens.
  visit("jobs", o.jobs, Range{1, 32}, "files at a time");
  visit("attempts", o.attempts, Range{1, 20}, "how often a file is tried before it is listed as failed");
  visit("netrc", o.netrc, Any{}, "take name and password for the server from ~/.netrc");
  visit("check", o.check, Any{}, "fetch the list again and hash every file, also those that were checked before");
  visit("dry_run", o.dry_run, Any{}, "only count what would be fetched");
}

struct DownloadProgress {
  enum class Stage { list, check, fetch };
  Stage stage = Stage::list;
  std::int64_t done = 0, total = 0;  // files of this stage; total = 0: not known
  std::int64_t bytes = 0;            // that came in this stage
};

struct DownloadSummary {
  std::int64_t files = 0;      // chosen
  std::int64_t there = 0;      // of them there before, with their SHA-256 (after a dry run: there)
  std::int64_t replaced = 0;   // of the others: there before with another SHA-256
  std::int64_t fetched = 0;    // by this call
  std::int64_t bytes = 0;      // by this call, the list not counted
  bool stopped = false;        // by a signal; what was finished stays, unfinished files will be continued
  std::filesystem::path root;  // what scar-prepare's verb of the dataset takes as --root
};

/// Fetches a dataset, or the part that `options` choose, into `out` under the paths of its list. Each file appears under
/// its name when all of it is there with its SHA-256, before that it is NAME.part, which the next call continues. What
/// is there already is hashed and kept; a file with another SHA-256 is fetched again. `out`/.scar-download holds what
/// the next call wants to know.
///
/// Errors: out_of_range (a part that the list does not have, an unusable URL), output_exists (`out` holds another
/// dataset), locked, permission, disk_full, write_failed, program_missing (curl), checksum_list_invalid, access_refused
/// (401 and 403), transfer_failed. A file that cannot be had does not keep the others from being fetched; then
/// transfer_failed, file_checksum or data_missing are thrown at the end, with names.
[[nodiscard]] DownloadSummary download(const RemoteDataset& dataset, const std::filesystem::path& out,
                                       const DownloadOptions& options,
                                       const std::function<void(const DownloadProgress&)>& progress);

}  // namespace scar::ingest
