#include "prepare_verify_root.h"

#include <algorithm>
#include <iostream>
#include <map>

#include <nlohmann/json.hpp>

#include "prepare_verb.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/json.h"
#include "scar/core/log.h"
#include "scar/core/stop_flag.h"
#include "scar/ingest/recipes/challenge.h"
#include "scar/ingest/recipes/cpsc2018.h"
#include "scar/ingest/recipes/csn.h"
#include "scar/ingest/recipes/mimic_iv_ecg.h"
#include "scar/ingest/recipes/ptbxl.h"
#include "scar/ingest/recipes/recognise.h"
#include "scar/ingest/recipes/wfdb_table.h"
#include "shared_files.h"

namespace scar::apps {

namespace {

ingest::Source open_source(const ingest::DataRoot& root, const std::string& dataset, const VerifyRootOptions& options) {
  if (dataset == "ptbxl") {
    ingest::PtbxlOptions ptbxl;
    ptbxl.rate_hz = options.rate_hz;
    ptbxl.partial_table = options.partial;
    return ingest::ptbxl_source(root, ptbxl).source;
  }
  if (dataset == "mimic-iv-ecg") {
    ingest::MimicOptions mimic;
    mimic.partial = options.partial;
    return ingest::mimic_source(root, mimic);
  }
  if (dataset == "cpsc2018") {
    ingest::Cpsc2018Options cpsc;
    cpsc.partial = options.partial;
    return ingest::cpsc2018_source(root, find_splits(options.splits, "cpsc2018.txt"), cpsc);
  }
  if (dataset == "csn") {
    ingest::CsnOptions csn;
    csn.partial = options.partial;
    return ingest::csn_source(root, find_splits(options.splits, "csn.txt"), csn);
  }
  if (dataset == "challenge") return ingest::challenge_source(root, {});
  if (options.table.empty()) {
    throw Error(Code::usage, "records of your own are named by a table").at("command line").wanted("--table FILE");
  }
  return ingest::wfdb_table_source(root, options.table, {});
}

std::map<std::string, std::int64_t> reasons_of(const std::vector<data::Exclusion>& list) {
  std::map<std::string, std::int64_t> reasons;
  for (const auto& one : list) ++reasons[one.reason];
  return reasons;
}

// The command that makes a store of what was verified.
std::string next_command(const ingest::DataRoot& root, const std::string& dataset, const VerifyRootOptions& options) {
  auto command = cat("scar-prepare ", dataset, " --root ", root.string());
  if (dataset == "wfdb") command += cat(" --table ", options.table);
  if (!options.splits.empty()) command += cat(" --splits ", options.splits);
  const bool other_rate = dataset == "ptbxl" && options.rate_hz != 100;
  command += cat(" --out data/", dataset, dataset == "ptbxl" ? cat(options.rate_hz) : std::string(), ".store",
                 other_rate ? cat(" --rate ", options.rate_hz) : std::string());
  if (options.allow_missing) command += " --allow-missing";
  if (root.follows_links()) command += " --follow-links";
  if (options.partial && dataset != "challenge" && dataset != "wfdb")  // of those no counts are known
    command += dataset == "ptbxl" ? " --partial-table" : " --partial";
  return command;
}

}  // namespace

int verify_root(const ingest::DataRoot& root, const VerifyRootOptions& options, int jobs, bool json) {
  const auto dataset = options.dataset == "auto" ? ingest::recognise_dataset(root) : options.dataset;
  const auto source = open_source(root, dataset, options);
  ingest::IngestCallbacks callbacks;
  callbacks.progress = [](std::int64_t done, std::int64_t total) {
    log::progress(cat("records ", grouped(done), "/", grouped(total)));
  };
  const auto found = ingest::verify_source(source, callbacks, jobs);
  if (stop_signal() != 0) return 128 + stop_signal();  // nothing to save
  log::end_progress();
  const auto reasons = reasons_of(found.problems), left_out = reasons_of(found.left_out);
  std::int64_t damaged = 0;
  for (const auto& [reason, count] : reasons) damaged += options.allow_missing && reason == "file_missing" ? 0 : count;
  const auto rows = static_cast<std::int64_t>(source.records.size());
  const auto next = next_command(root, dataset, options);
  if (json) {
    Json answer;
    answer["root"] = root.string();
    answer["dataset"] = dataset;
    answer["source"] = source.name;
    answer["ok"] = damaged == 0;
    answer["rows"] = rows;
    answer["good"] = found.records;
    answer["sums_compared"] = found.sums;
    answer["left_out"] = Json::object();
    for (const auto& [reason, count] : left_out) answer["left_out"][reason] = count;
    answer["reasons"] = Json::object();
    for (const auto& [reason, count] : reasons) answer["reasons"][reason] = count;
    answer["problems"] = exclusions_json(found.problems);
    if (damaged == 0) answer["next"] = next;
    std::cout << answer.dump(2) << "\n";
  } else {
    const auto out = static_cast<std::int64_t>(found.left_out.size());
    std::cout << line("source",
                      dataset == "ptbxl" ? cat(source.name, ", copy at ", options.rate_hz, " Hz") : source.name)
              << line("records", cat(grouped(rows), " in = ", grouped(found.records), " good + ",
                                     out > 0 ? cat(grouped(out), " left out by rule (", counted(left_out), ") + ") : "",
                                     grouped(rows - found.records - out), " not",
                                     reasons.empty() ? std::string() : cat(" (", counted(reasons), ")")))
              << exclusions(found.problems)
              << line("sums", found.sums > 0
                                  ? cat(grouped(found.sums), " files compared with SHA256SUMS.txt")
                                  : std::string("no SHA256SUMS.txt; checksums and initial values of the headers only"));
    if (damaged == 0) std::cout << line("next", next);
  }
  if (damaged == 0) return 0;
  std::cout.flush();
  const bool all_missing = reasons.size() == 1 && reasons.contains("file_missing");
  throw Error(all_missing ? Code::data_missing : Code::data_unreadable, "the folder is not whole")
      .at(root.string())
      .got(cat(grouped(damaged), " problems: ", counted(reasons)))
      .hint(all_missing
                ? "copy the missing records, or allow it with --allow-missing"
                : "copy the damaged records again, or leave them out, listed, with --quarantine of the preparation");
}

}  // namespace scar::apps
