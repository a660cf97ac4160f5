#include "scar/core/json.h"

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"

namespace scar {

namespace {

constexpr int kDeepest = 256;  // the library copies and writes a value by recursion

}  // namespace

Json parse_json(std::string_view text, const std::string& origin, int code) {
  // The library keeps the last of two equal keys; a callback sees them all.
  std::vector<std::set<std::string>> open;
  std::string duplicate;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& value) {
    if (depth > kDeepest)
      throw Error(static_cast<Code>(code), cat("nested deeper than ", kDeepest, " levels")).at(origin);
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event == Json::parse_event_t::key && !open.back().insert(value.get<std::string>()).second) {
      duplicate = value.get<std::string>();
    }
    return true;
  };
  Json parsed;
  try {
    parsed = Json::parse(text.begin(), text.end(), watch);
  } catch (const Json::exception& problem) {
    throw Error(static_cast<Code>(code), "not valid JSON").at(origin).got(problem.what());
  }
  if (!duplicate.empty()) {
    throw Error(static_cast<Code>(code), cat("duplicate key '", duplicate, "'")).at(origin);
  }
  return parsed;
}

Json read_json(const std::filesystem::path& path, int code, std::size_t max_bytes) {
  return parse_json(read_file(path, code, max_bytes), path.string(), code);
}

}  // namespace scar
