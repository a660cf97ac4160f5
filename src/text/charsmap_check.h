#pragma once

#include <string>
#include <string_view>

namespace scar::text {

/// sentencepiece walks the character table of a model's normaliser (a double array of Darts-clone's layout) without
/// looking at its bounds; a damaged table would make it read beyond the end. This walks every unit first.
/// "" if each character table in the model is sound or absent, else what is wrong. Bytes that are not protobuf wire
/// format are left to the parser: "".
[[nodiscard]] std::string charsmap_problem(std::string_view model);

}  // namespace scar::text
