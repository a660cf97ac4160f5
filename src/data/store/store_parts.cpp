#include "scar/data/store/store_parts.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "manifest.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "scar/core/hash.h"
#include "scar/core/stop_flag.h"
#include "scar/data/store/store_reader.h"

namespace scar::data {

namespace fs = std::filesystem;

namespace {

constexpr const char* kLockName = ".lock";

/// A shard and the folder that holds it.
struct Source {
  fs::path folder;
  ShardEntry entry;
};

struct Progress {
  const PartProgress& call;
  std::int64_t done = 0, total = 0;
  void step() {
    ++done;
    if (call) call(done, total);
  }
};

void refuse_other_files(const fs::path& folder, const std::vector<Source>& sources) {
  std::set<std::string> ours{kLockName, kManifestName};
  for (const auto& source : sources) ours.insert(source.entry.name);
  for (const auto& item : fs::directory_iterator(folder)) {
    const auto name = item.path().filename().string();
    if (ours.count(name) != 0) continue;
    if (name.starts_with(kTemporaryPrefix)) {
      fs::remove(item.path());
      continue;
    }
    throw Error(Code::output_exists, "the folder holds other files than these shards")
        .at(item.path().string())
        .hint("choose an empty or new folder");
  }
}

void copy_shard(const Source& source, const fs::path& folder) {
  const auto from = source.folder / source.entry.name, to = folder / source.entry.name;
  std::error_code error;
  if (fs::is_regular_file(to, error) && fs::file_size(to, error) == source.entry.bytes &&
      sha256_file(to) == source.entry.sha256) {
    return;
  }
  const auto bytes = read_file(from);
  if (const auto found = sha256_hex(bytes); found != source.entry.sha256) {
    throw Error(Code::shard_checksum, "a shard is not what was written: its SHA-256 differs")
        .at(from.string())
        .got(found)
        .wanted(source.entry.sha256)
        .hint("copy it again");
  }
  write_file_atomically(to, bytes);
}

/// Shards first, manifest last: a folder without a manifest is no store. Of the summary, the caller gives the reasons.
/// False if a signal stopped it.
bool write_folder(const fs::path& folder, Manifest manifest, const std::vector<Source>& sources, Progress& progress) {
  manifest.summary.candidates = manifest.summary.records = 0;
  manifest.shards.clear();
  for (const auto& [from, entry] : sources) {
    manifest.shards.push_back(entry);
    manifest.summary.candidates += entry.candidates;
    manifest.summary.records += entry.records;
  }
  manifest.summary.excluded = manifest.summary.candidates - manifest.summary.records;
  const auto text = manifest_text(manifest);

  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw Error(Code::permission, "cannot create the folder").at(folder.string()).got(error.message());
  const auto there = folder / kManifestName;
  if (fs::exists(there) && read_file(there) != text) {
    throw Error(Code::output_exists, "another store lies there already")
        .at(folder.string())
        .hint("choose another folder, or remove this one");
  }
  {
    const FileLock lock(folder / kLockName);
    refuse_other_files(folder, sources);
    for (const auto& source : sources) {
      if (stop_signal() != 0) return false;
      copy_shard(source, folder);
      progress.step();
    }
    if (!fs::exists(there)) write_file_atomically(there, text);
    fs::remove(folder / kLockName, error);
  }
  return true;
}

std::string part_name(std::int64_t part, std::int64_t parts) {
  char name[64];
  std::snprintf(name, sizeof name, "part-%04lld-of-%04lld", static_cast<long long>(part + 1),
                static_cast<long long>(parts));
  return name;
}

std::string listed(const std::vector<std::int64_t>& shards) {
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(10, shards.size()); ++i)
    text += cat(i == 0 ? "" : ", ", shard_name(shards[i]));
  return shards.size() > 10 ? cat(text, ", … ", shards.size(), " in all") : text;
}

}  // namespace

std::vector<fs::path> split_store(const fs::path& store, const fs::path& folder, std::int64_t parts,
                                  const PartProgress& progress) {
  const auto opened = Store::open(store);  // sizes, sums and metadata are in order
  const auto manifest = read_manifest(store);
  const auto shards = static_cast<std::int64_t>(manifest.shards.size());
  if (manifest.part) {
    throw Error(Code::contradiction, "a part of a store is not split again")
        .at(store.string())
        .hint("merge all parts first, then split with another number");
  }
  if (parts < 2 || parts > shards) {
    throw Error(Code::out_of_range, "number of parts")
        .at(store.string())
        .got(cat(parts))
        .wanted(cat("2 to ", shards, ", the number of shards"));
  }
  Progress steps{progress, 0, shards};
  std::vector<fs::path> folders;
  for (std::int64_t p = 0; p < parts; ++p) {
    const auto first = p * shards / parts, end = (p + 1) * shards / parts;
    auto part = manifest;
    part.part = StorePart{first, manifest.summary.candidates};
    part.summary.reasons.clear();
    for (const auto& exclusion : opened.excluded()) {
      const auto shard = exclusion.candidate / manifest.shard_candidates;
      if (shard >= first && shard < end) ++part.summary.reasons[exclusion.reason];
    }
    std::vector<Source> sources;
    for (auto s = first; s < end; ++s) sources.push_back({store, manifest.shards[static_cast<std::size_t>(s)]});
    folders.push_back(folder / part_name(p, parts));
    if (!write_folder(folders.back(), std::move(part), sources, steps)) return {};
  }
  return folders;
}

std::int64_t parts_of_size(const fs::path& store, std::uint64_t bytes) {
  const auto manifest = read_manifest(store);
  const auto shards = static_cast<std::int64_t>(manifest.shards.size());
  const auto fits = [&](std::int64_t parts) {
    for (std::int64_t p = 0; p < parts; ++p) {
      std::uint64_t size = 0;
      for (auto s = p * shards / parts; s < (p + 1) * shards / parts; ++s)
        size += manifest.shards[static_cast<std::size_t>(s)].bytes;
      if (size > bytes) return false;
    }
    return true;
  };
  for (std::int64_t parts = 1; parts <= shards; ++parts) {
    if (fits(parts)) return parts;
  }
  std::uint64_t largest = 0;
  for (const auto& shard : manifest.shards) largest = std::max(largest, shard.bytes);
  throw Error(Code::out_of_range, "a single shard is larger than a part may be")
      .at(store.string())
      .got(cat(bytes, " bytes"))
      .wanted(cat("at least ", largest, " bytes"))
      .hint("a part holds whole shards; prepare the store with smaller ones to cut it finer");
}

StoreSummary merge_store(const std::vector<fs::path>& parts, const fs::path& folder, const PartProgress& progress) {
  if (parts.empty()) throw Error(Code::usage, "merge needs the parts of a store");
  std::vector<std::pair<std::int64_t, Source>> found;  // by number of the shard
  std::optional<Manifest> whole;
  std::map<std::string, std::int64_t> reasons;
  for (const auto& path : parts) {
    auto manifest = read_manifest(path);
    if (!manifest.part) {
      throw Error(Code::store_mismatch, "this is a whole store, not a part of one")
          .at(path.string())
          .hint("only parts of one store are merged; to train on several stores, name them all in data.store");
    }
    if (whole && whole->configuration != manifest.configuration) {
      throw Error(Code::store_mismatch, "two parts are not of one store")
          .at(path.string())
          .got(cat("configuration ", manifest.configuration.substr(0, 12)))
          .wanted(cat("configuration ", whole->configuration.substr(0, 12), " as in ", parts.front().string()));
    }
    for (std::size_t s = 0; s < manifest.shards.size(); ++s)
      found.push_back({manifest.first_shard() + static_cast<std::int64_t>(s), {path, manifest.shards[s]}});
    for (const auto& [reason, count] : manifest.summary.reasons) reasons[reason] += count;
    if (!whole) whole = std::move(manifest);
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 1; i < found.size(); ++i) {
    if (found[i].first == found[i - 1].first) {
      throw Error(Code::duplicate_record, "two parts hold the same shard")
          .at(found[i].second.folder.string())
          .got(cat(found[i].second.entry.name, ", also in ", found[i - 1].second.folder.string()))
          .hint("name each part once");
    }
  }
  const auto per_shard = whole->shard_candidates, candidates = whole->part->whole_candidates;
  std::vector<std::int64_t> lacking;
  std::size_t next = 0;
  for (std::int64_t s = 0; s * per_shard < candidates; ++s) {
    if (next < found.size() && found[next].first == s)
      ++next;
    else
      lacking.push_back(s);
  }
  if (!lacking.empty()) {
    throw Error(Code::store_incomplete, cat(lacking.size(), " shards of the store are in none of these parts"))
        .at(parts.front().string())
        .got(listed(lacking))
        .hint("name all parts");
  }
  whole->part.reset();
  whole->summary.reasons = std::move(reasons);
  std::vector<Source> sources;
  for (auto& [number, source] : found) sources.push_back(std::move(source));
  Progress steps{progress, 0, static_cast<std::int64_t>(sources.size())};
  if (!write_folder(folder, std::move(*whole), sources, steps)) return {};
  return Store::open(folder).summary();
}

}  // namespace scar::data
