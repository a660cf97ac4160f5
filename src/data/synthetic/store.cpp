#include "scar/data/synthetic/store.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/json.h"
#include "scar/core/stop_flag.h"
#include "scar/data/store/store_writer.h"
#include "scar/data/synthetic/calibration.h"
#include "scar/data/synthetic/findings.h"
#include "scar/data/synthetic/render.h"

namespace scar::data {

namespace {

/// Records first .. first + count - 1, by several threads; the first exception of any of them is thrown again here.
std::vector<EcgRecord> render_range(const SyntheticOptions& options, std::int64_t first, std::int64_t count, int jobs) {
  std::vector<EcgRecord> records(static_cast<std::size_t>(count));
  std::exception_ptr failure;
  std::mutex guard;
  const auto work = [&](std::int64_t start) {
    try {
      for (auto i = start; i < count; i += jobs) records[static_cast<std::size_t>(i)] = render(options, first + i);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(guard);
      if (!failure) failure = std::current_exception();
    }
  };
  std::vector<std::jthread> threads;
  for (int job = 1; job < jobs; ++job) threads.emplace_back(work, job);
  work(0);
  threads.clear();
  if (failure) std::rethrow_exception(failure);
  return records;
}

}  // namespace

StoreInfo synthetic_store_info(const SyntheticOptions& options) {
  StoreInfo info;
  info.kind = "synth";
  info.rate_hz = static_cast<double>(options.rate_hz);
  info.samples = options.samples();
  for (const auto& finding : findings()) info.findings.push_back(finding.name);
  info.tasks = {{"synth", info.findings}};
  info.evidence_blocks = static_cast<int>(options.blocks());
  info.train_folds = {1, 2, 3, 4, 5, 6, 7, 8};
  info.validation_folds = {9};
  info.test_folds = {10};
  Json provenance;
  provenance["source"] = "synthetic generator";
  provenance["parameters_sha256"] = parameters_hash();
  provenance["seed"] = options.seed;
  provenance["records"] = options.records;
  provenance["rate_hz"] = options.rate_hz;
  provenance["seconds"] = options.seconds;
  provenance["noise"] = options.noise;
  provenance["wander"] = options.wander;
  provenance["decoy_rate"] = options.decoy_rate;
  provenance["repeat_rate"] = options.repeat_rate;
  info.provenance_json = provenance.dump();
  return info;
}

SyntheticOptions synthetic_options(const StoreInfo& info, const std::string& where) {
  const auto provenance = parse_json(info.provenance_json.empty() ? "{}" : info.provenance_json, where,
                                     static_cast<int>(Code::manifest_invalid));
  if (info.kind != "synth" || info.findings.empty() || !provenance.contains("parameters_sha256")) {
    throw Error(Code::store_mismatch, "the evidence of these records is not known")
        .at(where)
        .got(cat("a store of kind '", info.kind, "'"))
        .wanted("a store made by scar-prepare synth")
        .hint("scar-prepare synth --out STORE");
  }
  SyntheticOptions options;
  try {
    const auto hash = provenance.at("parameters_sha256").get<std::string>();
    if (hash != parameters_hash()) {
      throw Error(Code::store_mismatch, "the store was made by a generator with other parameters")
          .at(where)
          .got(hash)
          .wanted(parameters_hash())
          .hint("make the store again with this version: scar-prepare synth --out STORE");
    }
    options.seed = provenance.at("seed").get<std::uint64_t>();
    options.records = provenance.at("records").get<std::int64_t>();
    options.rate_hz = provenance.at("rate_hz").get<std::int64_t>();
    options.seconds = provenance.at("seconds").get<std::int64_t>();
    options.noise = provenance.at("noise").get<double>();
    options.wander = provenance.at("wander").get<double>();
    options.decoy_rate = provenance.at("decoy_rate").get<double>();
    options.repeat_rate = provenance.at("repeat_rate").get<double>();
  } catch (const nlohmann::json::exception& error) {
    throw Error(Code::manifest_invalid, "the store does not say how its records were made").at(where).got(error.what());
  }
  Problems problems;
  validate(options, problems);
  problems.throw_if_any();
  if (options.samples() != info.samples || options.blocks() != info.evidence_blocks) {
    throw Error(Code::manifest_invalid, "the store's records are not as long as its options say")
        .at(where)
        .got(cat(info.samples, " samples, ", info.evidence_blocks, " blocks"))
        .wanted(cat(options.samples(), " samples, ", options.blocks(), " blocks"));
  }
  return options;
}

StoreSummary write_synthetic_store(const std::filesystem::path& path, const SyntheticOptions& options, int jobs,
                                   const std::function<std::string(std::string_view)>& clean) {
  Problems problems;
  validate(options, problems);
  problems.throw_if_any();
  constexpr std::int64_t kChunk = 256;  // rendered at a time: 6 MB of samples
  StoreWriter writer(path, synthetic_store_info(options), options.records);
  for (std::int64_t shard = 0; shard < writer.shards(); ++shard) {
    if (writer.shard_done(shard)) continue;
    const auto end = writer.end_candidate(shard);
    for (auto first = writer.first_candidate(shard); first < end; first += kChunk) {
      for (auto& record : render_range(options, first, std::min(kChunk, end - first), std::max(jobs, 1))) {
        if (clean) record.report = clean(record.report_raw);
        writer.add(std::move(record));
      }
    }
    writer.end_shard();
    if (stop_signal() != 0) return {};
  }
  return writer.finish();
}

}  // namespace scar::data
