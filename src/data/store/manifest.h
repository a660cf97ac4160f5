#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scar/data/store/store_format.h"

namespace scar::data {

struct ShardEntry {
  std::string name, sha256, metadata_checksum;
  std::uint64_t bytes = 0;
  std::int64_t candidates = 0, records = 0;
};

struct Manifest {
  StoreInfo info;
  std::optional<StorePart> part;  // of a whole store: none
  std::string configuration;
  std::int64_t shard_candidates = 0;
  std::vector<ShardEntry> shards;
  StoreSummary summary;  // manifest_hash is set by read_manifest() only

  /// Number of the first shard listed here, in the whole store.
  [[nodiscard]] std::int64_t first_shard() const { return part ? part->first_shard : 0; }
  [[nodiscard]] std::int64_t whole_candidates() const { return part ? part->whole_candidates : summary.candidates; }
};

/// Collects everything wrong with a StoreInfo: Error out_of_range.
void check_info(const StoreInfo& info);

[[nodiscard]] std::string manifest_text(const Manifest& manifest);

/// Strict: unknown or missing keys, wrong types, names that are not the shards' own, sums that do not add up. Errors:
/// store_missing, store_incomplete, store_version, manifest_invalid, path_escapes_root.
[[nodiscard]] Manifest read_manifest(const std::filesystem::path& folder);
/// The same of a text; `origin` names it in messages.
[[nodiscard]] Manifest parse_manifest(std::string_view text, const std::string& origin);

}  // namespace scar::data
