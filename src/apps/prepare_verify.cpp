#include <algorithm>
#include <filesystem>
#include <iostream>

#include <nlohmann/json.hpp>

#include "prepare_verb.h"
#include "scar/core/cat.h"
#include "scar/core/json.h"
#include "scar/core/log.h"
#include "scar/core/stop_flag.h"
#include "scar/data/store/store_reader.h"
#include "scar/data/store/verify.h"
#include "scar/ingest/recipes/ptbxl.h"

namespace scar::apps {

namespace {

class VerifyVerb final : public PrepareVerb {
 public:
  explicit VerifyVerb(Arguments& arguments)
      : command_(arguments.verb(
            "verify", "Reads every byte of a store, or every record of a PTB-XL folder, and lists what is wrong.",
            "scar-prepare verify data/ptbxl100")),
        table_(options_),
        keys_(command_, table_) {
    command_.positional("PATH", path_, "a store, or a folder with ptbxl_database.csv (the other flags are for that)");
    command_.flag("--follow-links", follow_links_, "read files outside of the folder that links in it lead to");
    command_.option("--jobs", jobs_, "threads for a PTB-XL folder");
  }
  [[nodiscard]] bool chosen() const override { return command_.chosen(); }

  int run(bool json) override {
    Problems problems;
    keys_.apply(problems);
    problems.throw_if_any();
    const std::filesystem::path path(path_);
    if (!std::filesystem::exists(path / data::kManifestName) && std::filesystem::exists(path / "ptbxl_database.csv")) {
      return verify_root(json);
    }
    return verify_store(json);
  }

 private:
  int verify_store(bool json) const {
    const auto report = data::verify_store(
        path_, [](std::int64_t done, std::int64_t total) { log::progress(cat("shards ", done, "/", total)); });
    log::end_progress();
    const auto store = data::Store::open(path_);
    if (json) {
      Json answer;
      answer["store"] = path_;
      answer["ok"] = true;
      answer["kind"] = store.info().kind;
      answer["sums"] = sums_json(report.summary);
      answer["excluded"] = exclusions_json(store.excluded());
      answer["bytes"] = report.bytes;
      answer["unlisted_files"] = report.unlisted_files;
      std::cout << answer.dump(2) << "\n";
      return 0;
    }
    std::cout << line("store", cat(path_, " (", store.info().kind, "): whole; SHA-256 of ", report.summary.shards,
                                   " shards, XXH3 of every record"))
              << line("records", sums(report.summary)) << exclusions(store.excluded())
              << line("size", cat(grouped(static_cast<std::int64_t>(report.bytes)), " bytes"))
              << line("manifest", report.summary.manifest_hash);
    if (report.unlisted_files > 0)
      std::cout << line("also there", cat(report.unlisted_files, " files that the manifest does not name"));
    std::cout << line("next", cat("scar-prepare tokenizer ", path_, " --out ", path_, ".model"));
    return 0;
  }

  int verify_root(bool json) const {
    ingest::IngestCallbacks callbacks;
    callbacks.progress = [](std::int64_t done, std::int64_t total) {
      log::progress(cat("records ", grouped(done), "/", grouped(total)));
    };
    const auto ptbxl = ingest::ptbxl_source({path_, follow_links_}, options_);
    const auto found = ingest::verify_source(ptbxl.source, {"ptbxl_database.csv", "scp_statements.csv"}, callbacks,
                                             checked_jobs(jobs_));
    const auto& census = ptbxl.census;
    if (stop_signal() != 0) return 128 + stop_signal();  // nothing to save
    log::end_progress();
    std::map<std::string, std::int64_t> reasons;
    std::int64_t damaged = 0;
    for (const auto& problem : found.problems) {
      ++reasons[problem.reason];
      damaged += options_.tolerance.allow_missing && problem.reason == "file_missing" ? 0 : 1;
    }
    const auto next = cat("scar-prepare ptbxl --root ", path_, " --out data/ptbxl", options_.rate_hz,
                          options_.rate_hz == 100 ? std::string() : cat(" --rate ", options_.rate_hz),
                          options_.tolerance.allow_missing ? " --allow-missing" : "",
                          options_.partial_table ? " --partial-table" : "", follow_links_ ? " --follow-links" : "");
    if (json) {
      Json answer;
      answer["root"] = path_;
      answer["ok"] = damaged == 0;
      answer["version"] = census.version;
      answer["rows"] = census.records;
      answer["good"] = found.records;
      answer["sums_compared"] = found.sums;
      answer["reasons"] = Json::object();
      for (const auto& [reason, count] : reasons) answer["reasons"][reason] = count;
      answer["problems"] = exclusions_json(found.problems);
      if (damaged == 0) answer["next"] = next;
      std::cout << answer.dump(2) << "\n";
    } else {
      std::cout << line("source", cat("PTB-XL ", census.version, ", copy at ", options_.rate_hz, " Hz"))
                << line("records", cat(grouped(census.records), " in = ", grouped(found.records), " good + ",
                                       grouped(census.records - found.records), " not",
                                       reasons.empty() ? std::string() : cat(" (", counted(reasons), ")")))
                << exclusions(found.problems)
                << line("sums",
                        found.sums > 0
                            ? cat(grouped(found.sums), " files compared with SHA256SUMS.txt")
                            : std::string("no SHA256SUMS.txt; checksums and initial values of the headers only"));
      if (damaged == 0) std::cout << line("next", next);
    }
    if (damaged == 0) return 0;
    std::cout.flush();
    const bool all_missing = std::all_of(found.problems.begin(), found.problems.end(),
                                         [](const auto& problem) { return problem.reason == "file_missing"; });
    throw Error(all_missing ? Code::data_missing : Code::data_unreadable, "the folder is not whole")
        .at(path_)
        .got(cat(grouped(damaged), " problems: ", counted(reasons)))
        .hint(all_missing ? "copy the missing records, or allow it with --allow-missing"
                          : "copy the damaged records again");
  }

  ingest::PtbxlOptions options_;
  Command& command_;
  FieldTable table_;
  KeyFlags keys_;
  std::string path_;
  bool follow_links_ = false;
  long long jobs_ = default_jobs();
};

}  // namespace

std::unique_ptr<PrepareVerb> verify_verb(Arguments& arguments) { return std::make_unique<VerifyVerb>(arguments); }

}  // namespace scar::apps
