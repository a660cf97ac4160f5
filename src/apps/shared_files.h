#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace scar::apps {

/// A file that scar brings along, as "prompts/ptbxl.yaml": in configs/ of the working folder or of a folder above the
/// program, or in share/scar/configs/ of the installation.
[[nodiscard]] std::optional<std::filesystem::path> find_shared(const std::filesystem::path& name);

/// The list of a public partition: `asked`, or "splits/NAME" as above. Error data_missing.
[[nodiscard]] std::string find_splits(const std::string& asked, const char* name);

}  // namespace scar::apps
