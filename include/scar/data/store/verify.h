#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "scar/data/store/store_format.h"

namespace scar::data {

struct VerifyReport {
  StoreSummary summary;
  std::uint64_t bytes = 0;          // of all shards
  std::int64_t unlisted_files = 0;  // files in the folder that the manifest does not name
};

/// Reads every byte of a store: SHA-256 of each shard, XXH3 of each record, counts. `progress(done, total)` is called
/// after each shard. Throws one Error with all problems found (what Store::open throws comes alone).
[[nodiscard]] VerifyReport verify_store(const std::filesystem::path& folder,
                                        const std::function<void(std::int64_t, std::int64_t)>& progress = {});

}  // namespace scar::data
