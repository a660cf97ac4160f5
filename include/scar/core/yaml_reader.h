#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scar/core/error.h"

namespace scar {

/// A YAML document with line numbers and without YAML's surprises: scalars are texts that the reader of a field turns
/// into its type; aliases, merge keys, tags and duplicate keys are refused.
struct YamlMember;
struct YamlNode {
  enum class Kind { null, scalar, sequence, map } kind = Kind::null;
  std::string text;                 // scalar, as written
  bool quoted = false;              // a quoted scalar is always text
  int line = 0, column = 0;         // from 1
  std::vector<YamlNode> items;      // sequence
  std::vector<YamlMember> members;  // map, in file order

  [[nodiscard]] const YamlNode* find(const std::string& key) const;  // nullptr if absent or not a map
};
struct YamlMember {
  std::string key;
  YamlNode node;
  int line = 0, column = 0;  // of the key
};

struct YamlDocument {
  std::string origin;              // path, as the user gave it
  std::vector<std::string> lines;  // for messages
  YamlNode root;

  [[nodiscard]] std::string where(const YamlNode& node) const;  // "path:line:column"
  [[nodiscard]] std::string where(int line, int column) const;
  [[nodiscard]] std::string source_line(int line) const;
};

/// Throws Error with every duplicate key at once; config_unreadable, config_syntax, config_not_utf8.
[[nodiscard]] YamlDocument read_yaml(const std::filesystem::path& path);
[[nodiscard]] YamlDocument parse_yaml(const std::string& text, const std::string& origin);

}  // namespace scar
