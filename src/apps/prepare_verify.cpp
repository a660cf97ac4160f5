#include <filesystem>
#include <iostream>

#include <nlohmann/json.hpp>

#include "prepare_verb.h"
#include "prepare_verify_root.h"
#include "scar/core/cat.h"
#include "scar/core/json.h"
#include "scar/core/log.h"
#include "scar/data/store/store_reader.h"
#include "scar/data/store/verify.h"

namespace scar::apps {

namespace {

/// A store, or what was begun of one: a part of a store begins with any shard.
bool holds_store(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  if (fs::exists(folder / data::kManifestName)) return true;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with("shard-") && name.ends_with(".h5")) return true;
  }
  return false;
}

class VerifyVerb final : public Verb {
 public:
  explicit VerifyVerb(Arguments& arguments)
      : Verb(arguments.verb(
            "verify",
            "Reads every byte of a store, or every record of a dataset as downloaded, and lists what is wrong.",
            "scar-prepare verify data/ptbxl100")),
        table_(options_),
        keys_(command_, table_) {
    command_.positional("PATH", path_, "a store, or the folder of a dataset (the other flags are for that)");
    command_.flag("--follow-links", follow_links_, "read files outside of the folder that links in it lead to");
    command_.option("--jobs", jobs_, "threads for a dataset");
  }

  int run(const Arguments& arguments) override {
    Problems problems;
    keys_.apply(problems);
    problems.throw_if_any();
    namespace fs = std::filesystem;
    const fs::path path(path_);
    if (!holds_store(path) && fs::is_directory(path))
      return verify_root({path_, follow_links_}, options_, checked_jobs(jobs_), arguments.json());
    return verify_store(arguments.json());
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

  VerifyRootOptions options_;
  FieldTable table_;
  KeyFlags keys_;
  std::string path_;
  bool follow_links_ = false;
  long long jobs_ = default_jobs();
};

}  // namespace

std::unique_ptr<Verb> verify_verb(Arguments& arguments) { return std::make_unique<VerifyVerb>(arguments); }

}  // namespace scar::apps
