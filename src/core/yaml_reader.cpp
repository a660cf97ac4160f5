#include "scar/core/yaml_reader.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <map>
#include <optional>
#include <sstream>

#include "scar/core/cat.h"
#include "scar/core/file_transaction.h"
#include "scar/core/utf8.h"

namespace scar {

namespace {

class Converter {
 public:
  Converter(const YamlDocument& document, Problems& problems) : document_(document), problems_(problems) {}

  YamlNode convert(const YAML::Node& from, int depth = 0) {
    YamlNode node;
    const auto mark = from.Mark();
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    if (depth > 64) {
      add(Code::config_syntax, "nested deeper than 64 levels", node.line, node.column, "");
      return node;
    }
    const auto& tag = from.Tag();
    if (!tag.empty() && tag != "?" && tag != "!") {
      add(Code::config_syntax, cat("YAML tag '", tag, "' is not accepted"), node.line, node.column,
          "write the plain value");
    }
    switch (from.Type()) {
      case YAML::NodeType::Null:
      case YAML::NodeType::Undefined:
        node.kind = YamlNode::Kind::null;
        break;
      case YAML::NodeType::Scalar:
        node.kind = YamlNode::Kind::scalar;
        node.text = from.Scalar();
        node.quoted = tag == "!";
        break;
      case YAML::NodeType::Sequence:
        node.kind = YamlNode::Kind::sequence;
        for (const auto& item : from) node.items.push_back(convert(item, depth + 1));
        break;
      case YAML::NodeType::Map:
        node.kind = YamlNode::Kind::map;
        convert_map(from, node, depth);
        break;
    }
    return node;
  }

 private:
  void convert_map(const YAML::Node& from, YamlNode& node, int depth) {
    std::map<std::string, int> first_line;
    for (const auto& member : from) {
      const auto mark = member.first.Mark();
      const int line = mark.line + 1, column = mark.column + 1;
      if (!member.first.IsScalar()) {
        add(Code::config_syntax, "a key must be a word", line, column, "");
        continue;
      }
      const auto key = member.first.Scalar();
      if (key == "<<") {
        add(Code::config_syntax, "merge keys (<<) are not accepted", line, column, "write the members out");
        continue;
      }
      const auto [seen, fresh] = first_line.emplace(key, line);
      if (!fresh) {
        add(Code::duplicate_key, cat("duplicate key '", key, "'"), line, column,
            cat("it stands in line ", seen->second, " already: keep one"));
        continue;
      }
      node.members.push_back({key, convert(member.second, depth + 1), line, column});
    }
  }

  void add(Code code, std::string what, int line, int column, std::string hint) {
    problems_.add({.code = code,
                   .what = std::move(what),
                   .where = document_.where(line, column),
                   .source_line = document_.source_line(line),
                   .hint = std::move(hint)});
  }

  const YamlDocument& document_;
  Problems& problems_;
};

// What the tree would not show. Aliases share a node: the tree would hold it twice, under the marks of the first. And
// before a character that can begin nothing (", a") the library finds empty documents without end.
class EventCheck : public YAML::EventHandler {
 public:
  explicit EventCheck(const YamlDocument& document) : document_(document) {}
  [[nodiscard]] int documents() const { return documents_; }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Error(Code::config_syntax, "YAML aliases (*name) are not accepted")
        .at(document_.where(mark.line + 1, mark.column + 1))
        .source_line(document_.source_line(mark.line + 1))
        .hint("write the value out");
  }
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 1) return;
    throw Error(Code::config_syntax, "more than one YAML document, or text that belongs to none")
        .at(document_.where(mark.line + 1, mark.column + 1))
        .source_line(document_.source_line(mark.line + 1))
        .hint("keep one document; remove '---' and stray punctuation");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  const YamlDocument& document_;
  int documents_ = 0;
};

// The only document of a text; nothing if there is none.
std::optional<YAML::Node> load_one(const std::string& text, const YamlDocument& document) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  EventCheck check(document);
  while (parser.HandleNextDocument(check)) {
  }
  if (check.documents() == 0) return std::nullopt;
  return YAML::Load(text);
}

}  // namespace

const YamlNode* YamlNode::find(const std::string& key) const {
  for (const auto& member : members) {
    if (member.key == key) return &member.node;
  }
  return nullptr;
}

std::string YamlDocument::where(int line, int column) const { return cat(origin, ":", line, ":", column); }
std::string YamlDocument::where(const YamlNode& node) const { return where(node.line, node.column); }
std::string YamlDocument::source_line(int line) const {
  if (line < 1 || line > static_cast<int>(lines.size())) return {};
  return cat(line, " | ", lines[static_cast<std::size_t>(line - 1)]);
}

YamlDocument parse_yaml(const std::string& text, const std::string& origin) {
  YamlDocument document;
  document.origin = origin;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    document.lines.push_back(line);
  }
  if (const auto bad = first_invalid_utf8(text)) {
    int line = 1;
    for (std::size_t i = 0; i < *bad; ++i) line += text[i] == '\n';
    throw Error(Code::config_not_utf8, cat("byte ", *bad, " is not UTF-8"))
        .at(cat(origin, ":", line))
        .hint("save the file as UTF-8");
  }
  if (text.find('\0') != std::string::npos) {
    throw Error(Code::config_syntax, "the file holds a NUL byte: it is not a text").at(origin);
  }
  std::optional<YAML::Node> root;
  try {
    root = load_one(text, document);
  } catch (const YAML::Exception& problem) {
    const int line = problem.mark.line + 1;
    throw Error(Code::config_syntax, cat("not valid YAML: ", problem.msg))
        .at(document.where(line, problem.mark.column + 1))
        .source_line(document.source_line(line));
  }
  if (!root) return document;
  Problems problems;
  document.root = Converter(document, problems).convert(*root);
  problems.throw_if_any();
  return document;
}

YamlDocument read_yaml(const std::filesystem::path& path) {
  return parse_yaml(read_file(path, static_cast<int>(Code::config_unreadable), 16u << 20), path.string());
}

}  // namespace scar
