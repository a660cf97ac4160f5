#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace scar::ingest {

/// All "NAME.hea" below `root`, relative to it, in the order of their paths: never that of the file system. Symbolic
/// links are not followed. data_missing if there is no such folder or no header.
[[nodiscard]] std::vector<std::string> find_headers(const std::filesystem::path& root);

}  // namespace scar::ingest
