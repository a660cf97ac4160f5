#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "scar/data/store/store_format.h"

namespace scar::data {

/// A part is a folder with some neighbouring shards of a store, byte for byte, and a manifest of its own that says
/// which they are. It opens like any store. All parts of a store, merged, are the store again: the same bytes, the same
/// manifest hash.

using PartProgress = std::function<void(std::int64_t done, std::int64_t total)>;  // shards copied

/// Folders "part-0001-of-0004" ... below `folder`, of about equal numbers of shards. Every shard is checked against its
/// SHA-256 on the way; parts and shards that are already there are not copied again, so that an interrupted split goes
/// on. Returns the parts' folders. Errors: everything Store::open may throw; shard_checksum; out_of_range (`parts` is
/// not 2 .. number of shards); output_exists (other things lie in a part's folder); contradiction (a part is not split
/// again); locked; disk_full.
std::vector<std::filesystem::path> split_store(const std::filesystem::path& store, const std::filesystem::path& folder,
                                               std::int64_t parts, const PartProgress& progress = {});

/// Smallest number of parts whose shards take at most `bytes` each. Error out_of_range if a single shard is larger.
[[nodiscard]] std::int64_t parts_of_size(const std::filesystem::path& store, std::uint64_t bytes);

/// Puts all parts of a store together in `folder`, in any order of `parts`. Errors: as split_store; store_mismatch
/// (parts of different stores, or a whole store among them); duplicate_record (a shard is in two parts);
/// store_incomplete (shards that no part holds, which are named).
StoreSummary merge_store(const std::vector<std::filesystem::path>& parts, const std::filesystem::path& folder,
                         const PartProgress& progress = {});

}  // namespace scar::data
