#include "scar/data/store/store_reader.h"

#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <unordered_set>
#include <utility>

#include "manifest.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/data/ecg_record.h"
#include "scar/data/lead_names.h"
#include "shard_file.h"
#include "shard_signal.h"
#include "store_files.h"

namespace scar::data {

namespace fs = std::filesystem;

struct Store::State {
  fs::path folder;
  Manifest manifest;
  std::vector<ShardSignal> shards;
  std::vector<Exclusion> excluded;

  /// What reading a record needs, together: in a large store each look at it is a miss of the cache.
  struct Place {
    std::uint64_t offset = 0, checksum = 0;
    std::uint32_t shard = 0;
    float scale_mv = 0;
  };
  std::vector<Place> places;
  std::vector<std::string> id, patient, report, report_raw, recorder, language;
  std::vector<Background> background;
  std::vector<int> fold;
  std::vector<std::int64_t> candidate;
  std::vector<std::vector<std::uint8_t>> labels;
  std::vector<std::uint8_t> primary, secondary;

  void take(const fs::path& path, ShardContent&& shard, ShardAccess access);
};

namespace {

/// A store that fits into half of the memory will be there from the second epoch on. A larger one comes from the disk
/// again and again, and reads ask it for no more than the record.
ShardAccess access_to(const Manifest& manifest) {
  const auto memory = static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  double bytes = 0;
  for (const auto& shard : manifest.shards) bytes += static_cast<double>(shard.bytes);
  return bytes <= memory / 2 ? ShardAccess::map : ShardAccess::read;
}

void append(std::vector<std::string>& to, const TextColumn& from) {
  for (std::size_t i = 0; i < from.size(); ++i) to.emplace_back(from[i]);
}

template <class T, class U>
void append(std::vector<T>& to, const std::vector<U>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

/// The shard is the one of which the manifest speaks.
void compare(const ShardEntry& entry, std::int64_t number, const Manifest& manifest, const ShardContent& shard,
             const fs::path& path) {
  if (shard.configuration != manifest.configuration || shard.shard != number || shard.candidates != entry.candidates ||
      shard.first_candidate != number * manifest.shard_candidates || shard.records() != entry.records ||
      shard.metadata_checksum != entry.metadata_checksum) {
    throw Error(Code::shard_invalid, "the shard is not the one that the manifest describes")
        .at(path.string())
        .got(cat(shard.records(), " records, metadata ", shard.metadata_checksum))
        .wanted(cat(entry.records, " records, metadata ", entry.metadata_checksum))
        .hint("copy or prepare the store again");
  }
}

}  // namespace

void check_shard_sizes(const fs::path& folder, const Manifest& manifest) {
  Problems problems;
  for (const auto& shard : manifest.shards) {
    const auto path = folder / shard.name;
    std::error_code error;
    const auto size = fs::is_regular_file(path, error) ? fs::file_size(path, error) : 0;
    Problem problem;
    problem.where = path.string();
    if (error || !fs::is_regular_file(path, error)) {
      problem.code = Code::data_missing;
      problem.what = "a shard of the store is missing";
    } else if (size != shard.bytes) {
      problem.code = size < shard.bytes ? Code::shard_cut_short : Code::shard_invalid;
      problem.what =
          size < shard.bytes ? "a shard is shorter than the manifest says" : "a shard is longer than the manifest says";
      problem.got = cat(static_cast<std::uint64_t>(size), " bytes");
      problem.wanted = cat(shard.bytes, " bytes");
    } else {
      continue;
    }
    problem.hint = cat("copy it again, then run: scar-prepare verify ", folder.string());
    problems.add(std::move(problem));
  }
  problems.throw_if_any();
}

void Store::State::take(const fs::path& path, ShardContent&& shard, ShardAccess access) {
  const auto number = static_cast<std::uint32_t>(shards.size());
  const auto bytes = static_cast<std::uint64_t>(kLeads * manifest.info.samples) * sizeof(std::int16_t);
  shards.emplace_back(path, access);
  for (std::size_t i = 0; i < shard.checksum.size(); ++i) {
    places.push_back({shard.signal_offset + i * bytes, shard.checksum[i], number, shard.scale_mv[i]});
  }
  append(id, shard.id);
  append(patient, shard.patient);
  append(report, shard.report);
  append(report_raw, shard.report_raw);
  append(recorder, shard.recorder);
  append(language, shard.language);
  for (std::size_t i = 0; i < shard.age.size(); ++i) {
    background.push_back(
        {std::string(shard.sex[i]), shard.age[i], std::string(shard.device[i]), std::string(shard.site[i])});
  }
  append(fold, shard.fold);
  append(candidate, shard.candidate);
  append(primary, shard.primary);
  append(secondary, shard.secondary);
  for (std::size_t k = 0; k < labels.size(); ++k) append(labels[k], shard.labels[k]);
  for (std::size_t i = 0; i < shard.excluded_id.size(); ++i) {
    excluded.push_back({std::string(shard.excluded_id[i]), std::string(shard.excluded_reason[i]),
                        std::string(shard.excluded_detail[i]), shard.excluded_candidate[i]});
  }
}

Store Store::open(const fs::path& folder) {
  auto state = std::make_unique<State>();
  state->folder = folder;
  state->manifest = read_manifest(folder);
  const auto& manifest = state->manifest;
  check_shard_sizes(folder, manifest);
  state->labels.resize(manifest.info.tasks.size());
  const auto access = access_to(manifest);
  for (std::size_t s = 0; s < manifest.shards.size(); ++s) {
    const auto path = folder / manifest.shards[s].name;
    auto shard = read_shard(path, manifest.info);
    compare(manifest.shards[s], manifest.first_shard() + static_cast<std::int64_t>(s), manifest, shard, path);
    state->take(path, std::move(shard), access);
  }
  std::map<std::string, std::int64_t> reasons;
  for (const auto& exclusion : state->excluded) ++reasons[exclusion.reason];
  if (reasons != manifest.summary.reasons) {
    throw Error(Code::manifest_invalid, "the manifest counts other reasons for exclusion than the shards list")
        .at((folder / kManifestName).string());
  }
  const std::unordered_set<std::string_view> ids(state->id.begin(), state->id.end());
  if (ids.size() != state->id.size()) {
    throw Error(Code::duplicate_record, "two records of the store have one id")
        .at(folder.string())
        .got(cat(state->id.size(), " records, ", ids.size(), " ids"));
  }
  return Store(std::move(state));
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::~Store() = default;
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;

namespace {
template <class T>
const T& element(const std::vector<T>& values, std::int64_t i) {
  assert(i >= 0 && std::cmp_less(i, values.size()));
  return values[static_cast<std::size_t>(i)];
}
}  // namespace

const fs::path& Store::folder() const { return state_->folder; }
const StoreInfo& Store::info() const { return state_->manifest.info; }
const StoreSummary& Store::summary() const { return state_->manifest.summary; }
const std::optional<StorePart>& Store::part() const { return state_->manifest.part; }
const std::string& Store::manifest_hash() const { return state_->manifest.summary.manifest_hash; }
const std::vector<Exclusion>& Store::excluded() const { return state_->excluded; }
std::int64_t Store::size() const { return static_cast<std::int64_t>(state_->places.size()); }
const std::string& Store::id(std::int64_t record) const { return element(state_->id, record); }
const std::string& Store::patient(std::int64_t record) const { return element(state_->patient, record); }
const std::string& Store::report(std::int64_t record) const { return element(state_->report, record); }
const std::string& Store::report_raw(std::int64_t record) const { return element(state_->report_raw, record); }
const std::string& Store::recorder(std::int64_t record) const { return element(state_->recorder, record); }
const std::string& Store::language(std::int64_t record) const { return element(state_->language, record); }
const Background& Store::background(std::int64_t record) const { return element(state_->background, record); }
int Store::fold(std::int64_t record) const { return element(state_->fold, record); }
std::int64_t Store::candidate(std::int64_t record) const { return element(state_->candidate, record); }
float Store::scale_mv(std::int64_t record) const { return element(state_->places, record).scale_mv; }
std::uint64_t Store::checksum(std::int64_t record) const { return element(state_->places, record).checksum; }

namespace {

[[noreturn]] void missing(const std::string& what, const std::string& name, const std::vector<std::string>& names,
                          const fs::path& folder) {
  std::string all;
  for (const auto& known : names) all += cat(all.empty() ? "" : ", ", known);
  const auto near = nearest_name(name, names);
  throw Error(Code::task_missing, cat("the store has no ", what, " '", name, "'"))
      .at(folder.string())
      .wanted(all.empty() ? "(it has none)" : all)
      .hint(near.empty() ? std::string() : cat("did you mean '", near, "'?"));
}

std::size_t task_number(const StoreInfo& info, const std::string& name, const fs::path& folder) {
  std::vector<std::string> names;
  for (std::size_t k = 0; k < info.tasks.size(); ++k) {
    if (info.tasks[k].name == name) return k;
  }
  for (const auto& task : info.tasks) names.push_back(task.name);
  missing("task", name, names, folder);
}

}  // namespace

const TaskInfo& Store::task(const std::string& name) const { return info().tasks[task_number(info(), name, folder())]; }

const std::uint8_t* Store::labels(const std::string& name, std::int64_t record) const {
  assert(record >= 0 && record < size());
  const auto k = task_number(info(), name, folder());
  return state_->labels[k].data() + static_cast<std::size_t>(record) * info().tasks[k].classes.size();
}

bool Store::has_evidence() const { return !info().findings.empty(); }

int Store::finding_index(const std::string& name) const {
  const auto& names = info().findings;
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) missing("finding", name, names, folder());
  return static_cast<int>(found - names.begin());
}

const std::uint8_t* Store::primary(std::int64_t record, int finding) const {
  assert(has_evidence() && record >= 0 && record < size() && finding >= 0 &&
         std::cmp_less(finding, info().findings.size()));
  const auto row = record * static_cast<std::int64_t>(info().findings.size()) + finding;
  return state_->primary.data() + row * bitmap_bytes(info().evidence_blocks);
}

const std::uint8_t* Store::secondary(std::int64_t record, int finding) const {
  return state_->secondary.data() + (primary(record, finding) - state_->primary.data());
}

void Store::read(std::int64_t record, std::int16_t* out, std::int64_t coming) const {
  const auto& place = element(state_->places, record);
  SamplePlace next;
  if (coming >= 0) {
    const auto& there = element(state_->places, coming);
    next = {&state_->shards[there.shard], there.offset};
  }
  state_->shards[place.shard].read(place.offset, static_cast<std::size_t>(kLeads * info().samples), place.checksum,
                                   id(record), out, next);
}

Store::Location Store::location(std::int64_t record) const {
  const auto& place = element(state_->places, record);
  return {state_->shards[place.shard].path(), place.offset,
          static_cast<std::uint64_t>(kLeads * info().samples) * sizeof(std::int16_t)};
}

}  // namespace scar::data
