#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "scar/core/error.h"

namespace scar::ingest {

/// "header_invalid" for the codes that a damaged record can have; nothing for codes that are no matter of one record.
[[nodiscard]] std::optional<std::string> reason_of(Code code);
/// What and where, with paths relative to the root, so that a store does not depend on where its source lay.
[[nodiscard]] std::string detail_of(const Error& error, const std::filesystem::path& root);

}  // namespace scar::ingest
