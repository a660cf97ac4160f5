#pragma once

#include <filesystem>

#include "manifest.h"

namespace scar::data {

/// The size of every shard, before any is opened; one Error with all that differ (data_missing, shard_cut_short,
/// shard_invalid).
void check_shard_sizes(const std::filesystem::path& folder, const Manifest& manifest);

}  // namespace scar::data
