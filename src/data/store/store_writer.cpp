#include "scar/data/store/store_writer.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <unordered_set>
#include <utility>
#include <vector>

#include "manifest.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "scar/core/hash.h"
#include "scar/core/log.h"
#include "scar/core/utf8.h"
#include "scar/data/lead_names.h"
#include "scar/data/store/store_reader.h"
#include "shard_file.h"
#include "shard_signal.h"

namespace scar::data {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kLargestShard = std::int64_t{512} << 20;  // bytes of samples held in memory
constexpr const char* kLockName = ".lock";

[[noreturn]] void out_of_turn(const std::string& what) { throw Error(Code::internal, cat("StoreWriter: ", what)); }

struct FinishedShard {
  ShardEntry entry;
  std::map<std::string, std::int64_t> reasons;
};

FinishedShard finished(const ShardContent& content, std::uint64_t bytes, std::string sha256, std::string metadata) {
  FinishedShard done;
  done.entry = {shard_name(content.shard), std::move(sha256), std::move(metadata), bytes,
                content.candidates,        content.records()};
  for (std::size_t i = 0; i < content.excluded_reason.size(); ++i)
    ++done.reasons[std::string(content.excluded_reason[i])];
  return done;
}

}  // namespace

struct StoreWriter::State {
  fs::path folder;
  StoreInfo info;
  std::int64_t candidates = 0, per_shard = 0, shards = 0;
  std::string configuration;
  std::optional<FileLock> lock;
  std::optional<StoreSummary> complete;
  std::vector<std::optional<FinishedShard>> done;
  std::unordered_set<std::string> ids;
  std::int64_t reused = 0;

  std::int64_t current = 0;  // the shard being filled: the first that is not done
  std::int64_t next = 0;     // the next candidate
  ShardContent content;
  std::vector<std::int16_t> signal;

  [[nodiscard]] std::int64_t end_of(std::int64_t shard) const { return std::min(candidates, (shard + 1) * per_shard); }

  void begin_next() {
    while (current < shards && done[static_cast<std::size_t>(current)]) ++current;
    next = current < shards ? current * per_shard : candidates;
    content = ShardContent();
    content.configuration = configuration;
    content.shard = current;
    content.first_candidate = next;
    content.labels.resize(info.tasks.size());
    signal.clear();
  }

  void take_id(const std::string& id) {
    if (!ids.insert(id).second) {
      throw Error(Code::duplicate_record, "two records have one id")
          .at(folder.string())
          .got(id)
          .hint("ids are unique in a store");
    }
  }

  void look_around();
  void take_up(std::int64_t shard);
  [[nodiscard]] std::vector<std::vector<std::uint8_t>> label_rows(const EcgRecord& record) const;
};

/// Only our own files may lie in the folder: whoever names the wrong one loses nothing.
void StoreWriter::State::look_around() {
  std::vector<fs::path> leftovers;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    if (name == kLockName) continue;
    if (name.starts_with(kTemporaryPrefix)) {
      leftovers.push_back(entry.path());
      continue;
    }
    if (name.starts_with("shard-") && name.ends_with(".h5")) {
      bool ours = false;
      for (std::int64_t s = 0; s < shards && !ours; ++s) ours = name == shard_name(s);
      if (ours) continue;
      throw Error(Code::store_mismatch, "a shard lies there that this configuration does not have")
          .at(entry.path().string())
          .wanted(cat(shards, " shards"))
          .hint("choose another folder, or remove this one");
    }
    throw Error(Code::output_exists, "the folder holds other files than a store's")
        .at(entry.path().string())
        .hint("choose an empty or new folder");
  }
  for (const auto& file : leftovers) fs::remove(file);
}

/// A shard of an earlier run counts as done if all of it is as it was written.
void StoreWriter::State::take_up(std::int64_t shard) {
  const auto path = folder / shard_name(shard);
  if (!fs::exists(path)) return;
  std::string found;
  try {
    found = read_shard_configuration(path);
  } catch (const Error& problem) {
    if (problem.code() == Code::store_version) throw;
    log::warn(31, cat(path.string(), " is damaged and will be written again: ", problem.problems().front().what));
    return;
  }
  if (found != configuration) {
    throw Error(Code::store_mismatch, "the shards in this folder were written with another configuration")
        .at(path.string())
        .got(cat("configuration ", found.substr(0, 12)))
        .wanted(cat("configuration ", configuration.substr(0, 12)))
        .hint("repeat the command that began this store, choose another folder, or remove this one");
  }
  try {
    const auto read = read_shard(path, info);
    if (read.shard != shard || read.first_candidate != shard * per_shard ||
        read.candidates != end_of(shard) - shard * per_shard) {
      throw Error(Code::shard_invalid, "the shard belongs to another place");
    }
    check_all_signals(path, read, info.samples);
    for (std::size_t i = 0; i < read.id.size(); ++i) take_id(std::string(read.id[i]));
    done[static_cast<std::size_t>(shard)] = finished(read, read.file_bytes, sha256_file(path), read.metadata_checksum);
    ++reused;
  } catch (const Error& problem) {
    if (problem.code() == Code::duplicate_record) throw;
    log::warn(31, cat(path.string(), " is damaged and will be written again: ", problem.problems().front().what));
  }
}

StoreWriter::StoreWriter(fs::path folder, StoreInfo info, std::int64_t candidates, std::int64_t shard_candidates)
    : state_(std::make_unique<State>()) {
  auto& s = *state_;
  s.folder = std::move(folder);
  s.info = std::move(info);
  s.candidates = candidates;
  s.per_shard = shard_candidates;
  check_info(s.info);
  if (candidates < 1)
    throw Error(Code::out_of_range, "a store needs at least one candidate record").at(s.folder.string());
  const auto bytes_per_record = kLeads * s.info.samples * 2;
  if (shard_candidates < 1 || shard_candidates > std::max<std::int64_t>(1, kLargestShard / bytes_per_record)) {
    throw Error(Code::out_of_range, "records per shard")
        .got(cat(shard_candidates))
        .wanted(cat("1 to ", std::max<std::int64_t>(1, kLargestShard / bytes_per_record),
                    ", so that a shard fits into 512 MiB"));
  }
  s.shards = (candidates + shard_candidates - 1) / shard_candidates;
  s.configuration = configuration_hash(s.info, candidates, shard_candidates);
  s.done.resize(static_cast<std::size_t>(s.shards));

  std::error_code error;
  fs::create_directories(s.folder, error);
  if (error || !fs::is_directory(s.folder)) {
    const bool denied = error == std::errc::permission_denied || error == std::errc::read_only_file_system;
    throw Error(denied ? Code::permission : Code::write_failed, "cannot create the folder of the store")
        .at(s.folder.string())
        .got(error ? error.message() : "not a folder");
  }
  if (fs::exists(s.folder / kManifestName)) {
    std::string found;
    try {
      const auto manifest = read_manifest(s.folder);
      if (!manifest.part) found = manifest.configuration;
    } catch (const Error& problem) {
      throw Error(Code::output_exists, "a store is there already, and its manifest is damaged")
          .at(s.folder.string())
          .got(problem.problems().front().what)
          .hint("choose another folder, or remove this one");
    }
    if (found != s.configuration) {
      throw Error(Code::output_exists, "a finished store of another configuration, or a part of one, is there already")
          .at(s.folder.string())
          .hint("choose another folder, or remove this one");
    }
    s.complete = Store::open(s.folder).summary();
    s.complete->already_complete = true;
    s.complete->reused_shards = s.shards;
    s.next = s.candidates;
    s.current = s.shards;
    return;
  }
  s.lock.emplace(s.folder / kLockName);
  s.look_around();
  for (std::int64_t shard = 0; shard < s.shards; ++shard) s.take_up(shard);
  s.begin_next();
}

StoreWriter::~StoreWriter() = default;

bool StoreWriter::already_complete() const { return state_->complete.has_value(); }
std::int64_t StoreWriter::shards() const { return state_->shards; }
std::int64_t StoreWriter::first_candidate(std::int64_t shard) const { return shard * state_->per_shard; }
std::int64_t StoreWriter::end_candidate(std::int64_t shard) const { return state_->end_of(shard); }
bool StoreWriter::shard_done(std::int64_t shard) const {
  return already_complete() || state_->done[static_cast<std::size_t>(shard)].has_value();
}
std::int64_t StoreWriter::next_candidate() const { return state_->next; }

std::vector<std::vector<std::uint8_t>> StoreWriter::State::label_rows(const EcgRecord& record) const {
  for (const auto& labels : record.labels) {
    const auto& name = labels.first;
    if (std::none_of(info.tasks.begin(), info.tasks.end(), [&](const TaskInfo& task) { return task.name == name; })) {
      throw Error(Code::out_of_range, cat("record ", record.id, " has labels of a task that the store has not"))
          .got(name);
    }
  }
  std::vector<std::vector<std::uint8_t>> rows;
  for (const auto& task : info.tasks) {
    const auto found = record.labels.find(task.name);
    auto row =
        found == record.labels.end() ? std::vector<std::uint8_t>(task.classes.size(), kNotInTask) : found->second;
    const bool outside = std::all_of(row.begin(), row.end(), [](std::uint8_t x) { return x == kNotInTask; });
    const bool inside = std::all_of(row.begin(), row.end(), [](std::uint8_t x) { return x <= 1; });
    if (row.size() != task.classes.size() || !(inside || outside)) {
      throw Error(Code::out_of_range, cat("record ", record.id, " has an invalid row of labels for ", task.name))
          .got(cat(row.size(), " values"))
          .wanted(cat(task.classes.size(), " values 0 or 1, or all ", static_cast<int>(kNotInTask)));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

void StoreWriter::add(EcgRecord record) {
  auto& s = *state_;
  if (s.next >= s.end_of(s.current) || s.complete) out_of_turn("add() after the last candidate of a shard");
  if (record.id.empty()) throw Error(Code::out_of_range, "a record needs an id").at(s.folder.string());
  const auto expected = kLeads * s.info.samples;
  if (std::cmp_not_equal(record.samples.size(), expected)) {
    throw Error(Code::out_of_range, cat("record ", record.id, " has another length than the store"))
        .got(cat(record.samples.size(), " samples"))
        .wanted(cat(expected, " samples, 12 leads of ", s.info.samples));
  }
  if (!(std::isfinite(record.scale_mv) && record.scale_mv > 0)) {
    throw Error(Code::out_of_range, cat("record ", record.id, " has no valid scale")).got(cat(record.scale_mv));
  }
  for (const auto* text : {&record.id, &record.patient, &record.report, &record.report_raw, &record.recorder,
                           &record.language, &record.background.device, &record.background.site}) {
    if (!is_utf8(*text))
      throw Error(Code::text_not_utf8, cat("a text of record ", is_utf8(record.id) ? record.id : "?", " is not UTF-8"))
          .at(s.folder.string());
  }
  const auto& background = record.background;
  if (background.age < -1 || background.age > kOldestAge ||
      (!background.sex.empty() && background.sex != "female" && background.sex != "male")) {
    throw Error(Code::out_of_range, cat("record ", record.id, " has an invalid sex or age"))
        .got(cat("'", background.sex, "', ", background.age))
        .wanted(cat("female, male or nothing; -1 (unknown) to ", kOldestAge, " (that or more)"));
  }
  const auto evidence = s.info.findings.empty()
                            ? 0
                            : s.info.findings.size() * static_cast<std::size_t>(bitmap_bytes(s.info.evidence_blocks));
  if (record.primary.size() != evidence || record.secondary.size() != evidence) {
    throw Error(Code::out_of_range, cat("record ", record.id, " has evidence of another size than the store"))
        .got(cat(record.primary.size(), " and ", record.secondary.size(), " bytes"))
        .wanted(cat(evidence, " bytes"));
  }
  const auto rows = s.label_rows(record);
  s.take_id(record.id);  // the last that may refuse: what is appended from here on is a whole record
  if (s.signal.capacity() == 0) s.signal.reserve(static_cast<std::size_t>((s.end_of(s.current) - s.next) * expected));
  auto& c = s.content;
  for (std::size_t k = 0; k < rows.size(); ++k) c.labels[k].insert(c.labels[k].end(), rows[k].begin(), rows[k].end());
  c.candidate.push_back(s.next++);
  c.id.push_back(record.id);
  c.patient.push_back(record.patient);
  c.report.push_back(record.report);
  c.report_raw.push_back(record.report_raw);
  c.recorder.push_back(record.recorder);
  c.language.push_back(record.language);
  c.sex.push_back(background.sex);
  c.age.push_back(background.age);
  c.device.push_back(background.device);
  c.site.push_back(background.site);
  c.fold.push_back(record.fold);
  c.scale_mv.push_back(record.scale_mv);
  c.primary.insert(c.primary.end(), record.primary.begin(), record.primary.end());
  c.secondary.insert(c.secondary.end(), record.secondary.begin(), record.secondary.end());
  c.checksum.push_back(xxh3(record.samples.data(), record.samples.size() * sizeof(std::int16_t)));
  s.signal.insert(s.signal.end(), record.samples.begin(), record.samples.end());
}

void StoreWriter::exclude(std::string id, std::string reason, std::string detail) {
  auto& s = *state_;
  if (s.next >= s.end_of(s.current) || s.complete) out_of_turn("exclude() after the last candidate of a shard");
  if (reason.empty()) out_of_turn("exclude() without a reason");
  // What is wrong with the candidate may be its text; the list of what was left out must hold in any case.
  const auto safe = [](std::string text) { return is_utf8(text) ? text : std::string("(not UTF-8)"); };
  s.content.excluded_candidate.push_back(s.next++);
  s.content.excluded_id.push_back(safe(std::move(id)));
  s.content.excluded_reason.push_back(safe(std::move(reason)));
  s.content.excluded_detail.push_back(safe(std::move(detail)));
}

void StoreWriter::end_shard() {
  auto& s = *state_;
  if (s.complete || s.current >= s.shards || s.next != s.end_of(s.current))
    out_of_turn("end_shard() in the middle of a shard");
  s.content.candidates = s.next - s.content.first_candidate;
  const auto metadata = metadata_checksum(s.content, s.info);
  const auto image = shard_image(s.content, std::exchange(s.signal, {}), s.info);
  write_file_atomically(s.folder / shard_name(s.current), image);
  s.done[static_cast<std::size_t>(s.current)] = finished(s.content, image.size(), sha256_hex(image), metadata);
  s.begin_next();
}

StoreSummary StoreWriter::finish() {
  auto& s = *state_;
  if (s.complete) return *s.complete;
  if (s.current < s.shards) out_of_turn(cat("finish() before shard ", s.current, " of ", s.shards));
  Manifest manifest;
  manifest.info = s.info;
  manifest.configuration = s.configuration;
  manifest.shard_candidates = s.per_shard;
  manifest.summary.candidates = s.candidates;
  manifest.summary.shards = s.shards;
  for (const auto& shard : s.done) {
    manifest.shards.push_back(shard->entry);
    manifest.summary.records += shard->entry.records;
    for (const auto& [reason, count] : shard->reasons) manifest.summary.reasons[reason] += count;
  }
  manifest.summary.excluded = s.candidates - manifest.summary.records;
  const auto text = manifest_text(manifest);
  write_file_atomically(s.folder / kManifestName, text);
  std::error_code ignored;
  fs::remove(s.folder / kLockName, ignored);
  s.lock.reset();
  manifest.summary.manifest_hash = sha256_hex(text);
  manifest.summary.reused_shards = s.reused;
  s.complete = manifest.summary;
  return *s.complete;
}

}  // namespace scar::data
