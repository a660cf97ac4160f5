#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace scar {

/// Objects keep the order in which they were written. Sources that use it include <nlohmann/json.hpp>.
using Json = nlohmann::ordered_json;

/// Strict reading: duplicate keys, NaN, trailing text and more than 256 levels are refused. `origin` names the source in messages, `code` is
/// the error of a text that is not such JSON.
[[nodiscard]] Json parse_json(std::string_view text, const std::string& origin, int code);
/// The same from a file, at most `max_bytes` long.
[[nodiscard]] Json read_json(const std::filesystem::path& path, int code, std::size_t max_bytes = 1u << 30);

}  // namespace scar
