#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace scar::ingest {

/// `folder`/`name` for a name that a data file states. It must be relative and must not climb: an empty or absolute
/// name, one with "..", a backslash or a control character is Error(path_escapes_root) at `where`. Links that the user
/// laid inside the folder are followed.
[[nodiscard]] std::filesystem::path inside_root(const std::filesystem::path& folder, std::string_view name,
                                                const std::string& where);

/// The bytes of a regular file, read at once into `out`. data_missing if it is not there; data_unreadable for a folder,
/// FIFO or device (never opened for good, so nothing blocks), for more than `max_bytes` and for a failed read;
/// permission if it may not be read.
void read_regular_file(const std::filesystem::path& path, std::uint64_t max_bytes, std::string& out);
[[nodiscard]] std::string read_regular_file(const std::filesystem::path& path, std::uint64_t max_bytes);

}  // namespace scar::ingest
