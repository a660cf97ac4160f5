#include "manifest.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <set>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "scar/core/hash.h"
#include "scar/core/json.h"
#include "scar/core/utf8.h"
#include "scar/data/lead_names.h"

namespace scar::data {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kLargestManifest = std::uint64_t{256} << 20;

Json info_json(const StoreInfo& info) {
  Json json;
  json["kind"] = info.kind;
  json["rate_hz"] = info.rate_hz;
  json["samples"] = info.samples;
  json["leads"] = kLeadNames;
  json["tasks"] = Json::array();
  for (const auto& task : info.tasks) json["tasks"].push_back({{"name", task.name}, {"classes", task.classes}});
  json["findings"] = info.findings;
  json["evidence_blocks"] = info.evidence_blocks;
  json["folds"] = {{"train", info.train_folds}, {"validation", info.validation_folds}, {"test", info.test_folds}};
  json["provenance"] = info.provenance_json.empty() ? Json::object()
                                                    : parse_json(info.provenance_json, "provenance of the store",
                                                                 static_cast<int>(Code::out_of_range));
  return json;
}

/// Reads members of one JSON object and refuses what is not in it, or in it and not asked for.
class Members {
 public:
  Members(const Json& json, std::string path, std::string file)
      : json_(json), path_(std::move(path)), file_(std::move(file)) {
    if (!json_.is_object()) fail("is not an object");
  }
  const Json& at(const std::string& key) {
    seen_.insert(key);
    const auto found = json_.find(key);
    if (found == json_.end()) fail(cat("lacks '", key, "'"));
    return *found;
  }
  std::string text(const std::string& key) {
    const auto& value = at(key);
    if (!value.is_string()) fail(cat("'", key, "' is not text"));
    return value.get<std::string>();
  }
  double number(const std::string& key) {
    const auto& value = at(key);
    if (!value.is_number()) fail(cat("'", key, "' is not a number"));
    return value.get<double>();
  }
  std::int64_t count(const std::string& key) {
    const auto& value = at(key);
    if (!value.is_number_integer() || value < 0 || value > std::int64_t{1} << 60)
      fail(cat("'", key, "' is not a count"));
    return value.get<std::int64_t>();
  }
  std::vector<std::string> texts(const std::string& key) {
    const auto& value = at(key);
    if (!value.is_array() ||
        !std::all_of(value.begin(), value.end(), [](const Json& item) { return item.is_string(); })) {
      fail(cat("'", key, "' is not a list of texts"));
    }
    return value.get<std::vector<std::string>>();
  }
  std::vector<int> integers(const std::string& key) {
    const auto& value = at(key);
    if (!value.is_array() || !std::all_of(value.begin(), value.end(), [](const Json& item) {
          return item.is_number_integer() && item >= -1000000 && item <= 1000000;
        })) {
      fail(cat("'", key, "' is not a list of folds"));
    }
    return value.get<std::vector<int>>();
  }
  void end() const {
    for (const auto& [key, value] : json_.items()) {
      if (seen_.count(key) == 0) fail(cat("has an unknown key '", key, "'"));
    }
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(Code::manifest_invalid, cat("manifest is damaged: ", path_.empty() ? "it" : path_, " ", what))
        .at(file_)
        .hint("copy or prepare the store again");
  }

 private:
  const Json& json_;
  std::string path_, file_;
  std::set<std::string> seen_;
};

StoreInfo parse_info(Members& top, const std::string& file) {
  StoreInfo info;
  info.kind = top.text("kind");
  info.rate_hz = top.number("rate_hz");
  info.samples = top.count("samples");
  if (top.texts("leads") != std::vector<std::string>(kLeadNames.begin(), kLeadNames.end()))
    top.fail("has other leads than I to V6");
  if (!top.at("tasks").is_array()) top.fail("'tasks' is not a list");
  for (const auto& item : top.at("tasks")) {
    Members task(item, "a task", file);
    info.tasks.push_back({task.text("name"), task.texts("classes")});
    task.end();
  }
  info.findings = top.texts("findings");
  info.evidence_blocks = static_cast<int>(std::min<std::int64_t>(top.count("evidence_blocks"), 1 << 30));
  Members folds(top.at("folds"), "'folds'", file);
  info.train_folds = folds.integers("train");
  info.validation_folds = folds.integers("validation");
  info.test_folds = folds.integers("test");
  folds.end();
  const auto& provenance = top.at("provenance");
  if (!provenance.is_object()) top.fail("'provenance' is not an object");
  info.provenance_json = provenance.dump();
  return info;
}

ShardEntry parse_shard(const Json& item, std::int64_t number, const std::string& file) {
  Members shard(item, cat("shard ", number), file);
  ShardEntry entry;
  entry.name = shard.text("name");
  if (entry.name.find('/') != std::string::npos || entry.name.find("..") != std::string::npos) {
    throw Error(Code::path_escapes_root, "the manifest names a file outside of the store")
        .at(file)
        .got(entry.name)
        .hint("do not use this store: it was changed by hand, or by somebody else");
  }
  if (entry.name != shard_name(number)) shard.fail(cat("is called '", entry.name, "', not '", shard_name(number), "'"));
  entry.bytes = static_cast<std::uint64_t>(shard.count("bytes"));
  entry.sha256 = shard.text("sha256");
  entry.candidates = shard.count("candidates");
  entry.records = shard.count("records");
  entry.metadata_checksum = shard.text("metadata_xxh3");
  shard.end();
  return entry;
}

/// in = used + listed, for each shard and for all.
void check_sums(const Manifest& manifest, const Members& top) {
  const auto& sum = manifest.summary;
  const auto per_shard = manifest.shard_candidates;
  if (per_shard < 1) top.fail("has no candidates per shard");
  const auto whole = manifest.whole_candidates();
  const auto whole_shards = whole / per_shard + (whole % per_shard != 0 ? 1 : 0);
  const auto first = manifest.first_shard();
  if (sum.candidates != sum.records + sum.excluded) {
    top.fail(
        cat("counts ", sum.candidates, " candidates, but ", sum.records, " records and ", sum.excluded, " excluded"));
  }
  if (manifest.part) {
    if (sum.shards < 1 || sum.shards >= whole_shards || first > whole_shards - sum.shards)
      top.fail(cat("lists ", sum.shards, " shards from ", first, " on, which is no part of ", whole_shards, " shards"));
  } else if (sum.shards != whole_shards) {
    top.fail(cat("lists ", sum.shards, " shards, which is not enough or too many for ", whole, " candidates"));
  }
  std::int64_t candidates = 0, records = 0, reasons = 0;
  for (std::int64_t s = 0; s < sum.shards; ++s) {
    const auto& shard = manifest.shards[static_cast<std::size_t>(s)];
    const auto expected = std::min(per_shard, whole - (first + s) * per_shard);
    if (shard.candidates != expected || shard.records > expected)
      top.fail(cat("gives shard ", first + s, " a wrong number of candidates"));
    candidates += shard.candidates;
    records += shard.records;
  }
  if (candidates != sum.candidates)
    top.fail(cat("counts ", sum.candidates, " candidates, but its shards have ", candidates));
  for (const auto& [reason, count] : sum.reasons) {
    if (count > sum.excluded - reasons) top.fail("gives reasons for more candidates than it excludes");
    reasons += count;
  }
  if (records != sum.records) top.fail(cat("counts ", sum.records, " records, but its shards have ", records));
  if (reasons != sum.excluded)
    top.fail(cat("counts ", sum.excluded, " excluded candidates, but gives reasons for ", reasons));
}

}  // namespace

std::string configuration_hash(const StoreInfo& info, std::int64_t candidates, std::int64_t shard_candidates) {
  auto json = info_json(info);
  json["format"] = kStoreFormat;
  json["version"] = kStoreVersion;
  json["candidates"] = candidates;
  json["shard_candidates"] = shard_candidates;
  return sha256_hex(json.dump());
}

std::string shard_name(std::int64_t shard) {
  auto digits = std::to_string(shard);
  if (digits.size() < 5) digits.insert(0, 5 - digits.size(), '0');
  return cat("shard-", digits, ".h5");
}

void check_info(const StoreInfo& info) {
  Problems problems;
  const auto refuse = [&](std::string what, std::string got, std::string wanted) {
    Problem problem;
    problem.code = Code::out_of_range;
    problem.what = std::move(what);
    problem.got = std::move(got);
    problem.wanted = std::move(wanted);
    problems.add(std::move(problem));
  };
  if (info.kind.empty() || !is_utf8(info.kind)) refuse("a store needs a kind", info.kind, "for instance ptbxl");
  const bool sane_rate = info.rate_hz >= 1 && info.rate_hz <= 10000;
  const bool sane_length = info.samples >= 1 && info.samples <= 10000000;
  if (!sane_rate) refuse("sampling rate of a store", cat(info.rate_hz, " Hz"), "1 to 10000 Hz");
  if (!sane_length) refuse("samples per lead of a store", cat(info.samples), "1 to 10000000");
  std::set<std::string> names;
  for (const auto& task : info.tasks) {
    const bool plain = !task.name.empty() && task.name.front() != '.' &&
                       std::all_of(task.name.begin(), task.name.end(), [](unsigned char c) {
                         return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                c == '-' || c == '_' || c == '.';
                       });
    if (!plain) refuse("name of a task", task.name, "letters, digits, - _ .");
    if (!names.insert(task.name).second) refuse("two tasks have one name", task.name, "");
    const std::set<std::string> classes(task.classes.begin(), task.classes.end());
    if (classes.empty() || classes.size() != task.classes.size() || classes.count("") != 0 ||
        !std::all_of(classes.begin(), classes.end(), [](const auto& name) {
          return is_utf8(name) && name.find('\0') == std::string::npos && name.size() <= 1000;
        })) {
      refuse(cat("classes of task '", task.name, "'"), cat(task.classes.size(), " names"),
             "at least one, different, in UTF-8");
    }
  }
  const auto most_blocks =  // of no rate and no length there is no number
      sane_rate && sane_length
          ? static_cast<std::int64_t>(std::ceil(static_cast<double>(info.samples) / info.rate_hz * 4.0)) + 1
          : 0;
  if (info.findings.empty() ? info.evidence_blocks != 0
                            : info.evidence_blocks < 1 || info.evidence_blocks > most_blocks) {
    refuse("evidence blocks of a store", cat(info.evidence_blocks),
           info.findings.empty() ? "0 without findings" : cat("1 to ", most_blocks));
  }
  std::set<int> folds;
  for (const auto* part : {&info.train_folds, &info.validation_folds, &info.test_folds}) {
    for (const auto fold : *part) {
      if (!folds.insert(fold).second) refuse("a fold is in two parts", cat(fold), "each fold once");
    }
  }
  problems.throw_if_any();
}

std::string manifest_text(const Manifest& manifest) {
  Json json;
  json["format"] = kStoreFormat;
  json["version"] = kStoreVersion;
  json["configuration"] = manifest.configuration;
  json.update(info_json(manifest.info));
  json["shard_candidates"] = manifest.shard_candidates;
  if (manifest.part) {
    json["part"] = {{"first_shard", manifest.part->first_shard},
                    {"n_candidates_of_whole", manifest.part->whole_candidates}};
  }
  json["n_candidates"] = manifest.summary.candidates;
  json["n_records"] = manifest.summary.records;
  json["n_excluded"] = manifest.summary.excluded;
  json["excluded"] = Json::object();
  for (const auto& [reason, count] : manifest.summary.reasons) json["excluded"][reason] = count;
  json["shards"] = Json::array();
  for (const auto& shard : manifest.shards) {
    json["shards"].push_back({{"name", shard.name},
                              {"bytes", shard.bytes},
                              {"sha256", shard.sha256},
                              {"candidates", shard.candidates},
                              {"records", shard.records},
                              {"metadata_xxh3", shard.metadata_checksum}});
  }
  return json.dump(2) + "\n";
}

Manifest parse_manifest(std::string_view text, const std::string& origin) {
  const auto json = parse_json(text, origin, static_cast<int>(Code::manifest_invalid));
  Members top(json, "", origin);
  if (top.text("format") != kStoreFormat)
    top.fail(cat("is the manifest of a '", top.text("format"), "', not of a '", kStoreFormat, "'"));
  if (const auto version = top.count("version"); version != kStoreVersion) {
    throw Error(Code::store_version, "the store has another format version")
        .at(origin)
        .got(cat("version ", version))
        .wanted(cat("version ", kStoreVersion))
        .hint(version > kStoreVersion ? "a newer scar wrote it: update this one" : "prepare the store again");
  }
  Manifest manifest;
  manifest.configuration = top.text("configuration");
  manifest.info = parse_info(top, origin);
  try {
    check_info(manifest.info);
  } catch (const Error& problem) {
    top.fail(cat("has a bad value: ", problem.problems().front().what, " (", problem.problems().front().got, ")"));
  }
  manifest.shard_candidates = top.count("shard_candidates");
  if (json.contains("part")) {
    Members part(top.at("part"), "'part'", origin);
    manifest.part = StorePart{part.count("first_shard"), part.count("n_candidates_of_whole")};
    part.end();
  }
  manifest.summary.candidates = top.count("n_candidates");
  manifest.summary.records = top.count("n_records");
  manifest.summary.excluded = top.count("n_excluded");
  Members reasons(top.at("excluded"), "'excluded'", origin);
  for (const auto& [reason, count] : top.at("excluded").items())
    manifest.summary.reasons[reason] = reasons.count(reason);
  if (!top.at("shards").is_array()) top.fail("'shards' is not a list");
  for (const auto& item : top.at("shards")) {
    manifest.shards.push_back(
        parse_shard(item, manifest.first_shard() + static_cast<std::int64_t>(manifest.shards.size()), origin));
  }
  top.end();
  manifest.summary.shards = static_cast<std::int64_t>(manifest.shards.size());
  manifest.summary.manifest_hash = sha256_hex(text);
  check_sums(manifest, top);
  if (manifest.configuration !=
      configuration_hash(manifest.info, manifest.whole_candidates(), manifest.shard_candidates)) {
    top.fail("does not fit its own configuration hash");
  }
  return manifest;
}

Manifest read_manifest(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    throw Error(Code::store_missing,
                fs::exists(folder, error) ? "a store is a folder, this is not one" : "there is no such store")
        .at(folder.string())
        .hint("scar-prepare makes stores");
  }
  const auto path = folder / kManifestName;
  if (!fs::exists(path, error)) {
    throw Error(Code::store_incomplete, "the store has no MANIFEST.json: its preparation was not finished")
        .at(folder.string())
        .hint("run the scar-prepare command that began it again; it goes on where it stopped");
  }
  return parse_manifest(read_file(path, static_cast<int>(Code::manifest_invalid), kLargestManifest), path.string());
}

}  // namespace scar::data
