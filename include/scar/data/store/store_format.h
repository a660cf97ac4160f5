#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace scar::data {

/// A store is a folder of HDF5 shards and a MANIFEST.json that is written last. docs/store-format.md describes the
/// files.
constexpr const char* kStoreFormat = "scar-store";
constexpr int kStoreVersion = 2;
constexpr const char* kManifestName = "MANIFEST.json";
constexpr std::int64_t kShardCandidates = 2048;  // candidate records per shard, unless the writer is told otherwise

struct TaskInfo {
  std::string name;                  // "ptbxl-super"
  std::vector<std::string> classes;  // columns of its labels
};

/// What all records of a store share. It is also its configuration: a store of the same StoreInfo, number of candidates
/// and shard size is the same store, so that an interrupted preparation can go on.
struct StoreInfo {
  std::string kind;          // "ptbxl", "synth"
  double rate_hz = 0;        // 1 to 10000
  std::int64_t samples = 0;  // T, per lead
  std::vector<TaskInfo> tasks;
  std::vector<std::string> findings;  // rows of the evidence bitmaps; empty = the store has no evidence
  int evidence_blocks = 0;            // 250 ms blocks per lead in an evidence bitmap
  std::vector<int> train_folds, validation_folds, test_folds;  // no fold twice
  /// A JSON object ("" = {}): source, options, seed, versions. A function of the configuration: no times, no host
  /// names.
  std::string provenance_json;
};

/// Bytes of one bitmap over (lead, block): unit = lead * blocks + block is bit (unit % 8) of byte (unit / 8).
[[nodiscard]] constexpr std::int64_t bitmap_bytes(std::int64_t blocks) { return (12 * blocks + 7) / 8; }

/// SHA-256 over the StoreInfo, the number of candidates, the shard size and the format version.
[[nodiscard]] std::string configuration_hash(const StoreInfo& info, std::int64_t candidates,
                                             std::int64_t shard_candidates);

/// "shard-00012.h5"
[[nodiscard]] std::string shard_name(std::int64_t shard);

/// A candidate that did not become a record.
struct Exclusion {
  std::string id, reason, detail;  // reason: a short code that is counted ("signal_checksum"); detail: for people
  std::int64_t candidate = 0;
};

/// Where a part of a store (store_parts.h) lies in the whole: its shards follow each other from `first_shard` on.
struct StorePart {
  std::int64_t first_shard = 0;
  std::int64_t whole_candidates = 0;  // of all parts together

  [[nodiscard]] bool operator==(const StorePart&) const = default;
};

/// Sums of a finished store: candidates = records + excluded.
struct StoreSummary {
  std::int64_t candidates = 0, records = 0, excluded = 0, shards = 0;
  std::map<std::string, std::int64_t> reasons;  // of the exclusions
  std::string manifest_hash;                    // SHA-256 of MANIFEST.json
  std::int64_t reused_shards = 0;               // written by an earlier, interrupted run
  bool already_complete = false;                // the store stood there, made by the same configuration
};

}  // namespace scar::data
