#include "scar/core/fields.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "scar/core/cat.h"

namespace scar {

namespace detail {

namespace {

std::string one(const std::vector<std::string>& texts, const std::string& wanted) {
  if (texts.size() == 1) return {};
  return cat("a list of ", texts.size(), " where ", wanted, " is expected");
}

template <class Integer>
std::string parse_integer(const std::vector<std::string>& texts, Integer& out) {
  if (auto problem = one(texts, "one integer"); !problem.empty()) return problem;
  const auto& text = texts.front();
  const auto result = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || result.ec != std::errc() || result.ptr != text.data() + text.size()) {
    return cat("'", text, "' is not an integer");
  }
  return {};
}

std::string parse_number(const std::string& text, double& out) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || result.ec != std::errc() || result.ptr != text.data() + text.size() || !std::isfinite(out)) {
    return cat("'", text, "' is not a finite number");
  }
  return {};
}

// A double-quoted scalar of YAML. A carriage return would be read as a line end, so that control characters are escaped.
std::string quoted(const std::string& text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace

std::string parse_value(const std::vector<std::string>& texts, bool& out) {
  if (auto problem = one(texts, "true or false"); !problem.empty()) return problem;
  if (texts.front() != "true" && texts.front() != "false")
    return cat("'", texts.front(), "' is neither true nor false");
  out = texts.front() == "true";
  return {};
}
std::string parse_value(const std::vector<std::string>& texts, int& out) { return parse_integer(texts, out); }
std::string parse_value(const std::vector<std::string>& texts, std::int64_t& out) { return parse_integer(texts, out); }
std::string parse_value(const std::vector<std::string>& texts, std::uint64_t& out) { return parse_integer(texts, out); }
std::string parse_value(const std::vector<std::string>& texts, double& out) {
  if (auto problem = one(texts, "one number"); !problem.empty()) return problem;
  return parse_number(texts.front(), out);
}
std::string parse_value(const std::vector<std::string>& texts, std::string& out) {
  if (auto problem = one(texts, "one text"); !problem.empty()) return problem;
  out = texts.front();
  return {};
}
std::string parse_value(const std::vector<std::string>& texts, std::vector<double>& out) {
  for (const auto& text : texts) {
    double number = 0;
    if (auto problem = parse_number(text, number); !problem.empty()) return problem;
    out.push_back(number);
  }
  return {};
}
std::string parse_value(const std::vector<std::string>& texts, std::vector<std::string>& out) {
  out = texts;
  return {};
}

std::string yaml_value(bool value) { return value ? "true" : "false"; }
std::string yaml_value(double value) { return cat(value); }
std::string yaml_value(const std::string& value) { return quoted(value); }
std::string yaml_value(const std::vector<double>& value) {
  std::string out = "[";
  for (const double item : value) out += cat(out.size() > 1 ? ", " : "", item);
  return out + "]";
}
std::string yaml_value(const std::vector<std::string>& value) {
  std::string out = "[";
  for (const auto& item : value) out += cat(out.size() > 1 ? ", " : "", quoted(item));
  return out + "]";
}

namespace {

std::string bound(double value, bool integral) {
  return integral ? std::to_string(static_cast<std::int64_t>(value)) : cat(value);
}

}  // namespace

std::string describe(const Range& range, bool integral) {
  const bool low = std::isfinite(range.low), high = std::isfinite(range.high);
  if (low && high) return cat(bound(range.low, integral), " to ", bound(range.high, integral));
  if (low) return cat(bound(range.low, integral), " or more");
  if (high) return cat(bound(range.high, integral), " or less");
  return {};
}

std::string check(const Range& range, double value) {
  if (value >= range.low && value <= range.high) return {};
  return cat(value, " is outside its range");
}

}  // namespace detail

namespace {

/// "a,b" or, as in a file, "[a, b]".
std::vector<std::string> list_items(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  std::vector<std::string> items;
  for (std::size_t first = 0; first <= text.size();) {
    const auto comma = std::min(text.find(',', first), text.size());
    auto item = text.substr(first, comma - first);
    item.remove_prefix(std::min(item.find_first_not_of(' '), item.size()));
    item = item.substr(0, item.find_last_not_of(' ') + 1);
    if (!item.empty()) items.emplace_back(item);
    first = comma + 1;
  }
  return items;
}

}  // namespace

void FieldTable::operator()(const char* name, std::string& value, OneOf names, const char* help) {
  std::string allowed;
  for (const auto& choice : names.names) allowed += cat(allowed.empty() ? "" : " | ", choice);
  add(name, value, help, allowed, names.names, [choices = names.names](const std::string& text) {
    if (std::find(choices.begin(), choices.end(), text) != choices.end()) return std::string();
    const auto near = nearest_name(text, choices);
    return cat("'", text, "' is not one of the choices", near.empty() ? "" : cat("; did you mean '", near, "'?"));
  });
}

const Field* FieldTable::find(const std::string& key) const {
  for (const auto& field : fields_) {
    if (field.key == key) return &field;
  }
  return nullptr;
}

std::vector<std::string> FieldTable::known_names() const {
  std::vector<std::string> names;
  for (const auto& field : fields_) names.push_back(field.key);
  return names;
}

namespace {

Problem unknown_key(const std::string& key, const std::vector<std::string>& known, const FieldTable& table) {
  Problem problem{.code = Code::unknown_key, .what = cat("unknown key '", key, "'")};
  auto near = nearest_name(key, known);
  if (near.empty()) {
    // The right word in the wrong section is the other frequent slip.
    const auto leaf = key.substr(key.rfind('.') + 1);
    for (const auto& name : known) {
      if (name.substr(name.rfind('.') + 1) == leaf) near = name;
    }
  }
  if (const Field* field = table.find(near); field != nullptr) {
    problem.hint =
        cat("did you mean '", near, "'?  (", field->type, field->allowed.empty() ? "" : cat(", ", field->allowed),
            field->required ? ", required" : cat(", default ", field->default_text), ")");
  } else {
    problem.hint = "--list-keys shows all keys";
  }
  return problem;
}

Code value_code(const Field& field, const std::string& problem) {
  return problem.find("outside its range") != std::string::npos || !field.choices.empty() ? Code::out_of_range
                                                                                          : Code::wrong_type;
}

}  // namespace

void FieldTable::read(const YamlDocument& document, Problems& problems) {
  if (document.root.kind == YamlNode::Kind::null) return;
  if (document.root.kind != YamlNode::Kind::map) {
    problems.add({.code = Code::config_syntax,
                  .what = "the file is not a map of sections",
                  .where = document.where(document.root),
                  .source_line = document.source_line(document.root.line)});
    return;
  }
  read_map(document, document.root, "", problems);
}

void FieldTable::read_map(const YamlDocument& document, const YamlNode& node, const std::string& prefix,
                          Problems& problems) {
  for (const auto& member : node.members) {
    const auto& child = member.node;
    const auto key = prefix + member.key;
    const auto locate = [&](Problem problem) {
      problem.where = document.where(member.line, member.column);
      problem.source_line = document.source_line(member.line);
      problems.add(std::move(problem));
    };
    const Field* field = find(key);
    if (field == nullptr) {
      const auto section = key + ".";
      const bool is_section =
          std::any_of(fields_.begin(), fields_.end(), [&](const Field& f) { return f.key.rfind(section, 0) == 0; });
      if (is_section && child.kind == YamlNode::Kind::map) {
        read_map(document, child, section, problems);
      } else if (is_section && child.kind == YamlNode::Kind::null) {
        continue;  // an empty section sets nothing
      } else if (is_section) {
        locate({.code = Code::wrong_type, .what = cat("'", key, "' is a section"), .hint = "indent its keys below it"});
      } else {
        locate(unknown_key(key, known_names(), *this));
      }
      continue;
    }
    std::vector<std::string> texts;
    bool scalar_items = true;
    if (child.kind == YamlNode::Kind::scalar) {
      texts.push_back(child.text);
    } else if (child.kind == YamlNode::Kind::sequence && field->is_list) {
      for (const auto& item : child.items) {
        scalar_items = scalar_items && item.kind == YamlNode::Kind::scalar;
        texts.push_back(item.text);
      }
    } else {
      scalar_items = false;
    }
    if (child.quoted && field->type != "text" && !field->is_list) {
      locate({.code = Code::wrong_type,
              .what = cat("'", key, "' is a quoted text"),
              .wanted = field->type,
              .hint = "remove the quotes"});
      continue;
    }
    if (!scalar_items) {
      locate({.code = Code::wrong_type, .what = cat("'", key, "' has no value of its type"), .wanted = field->type});
      continue;
    }
    if (const auto problem = field->set(texts); !problem.empty()) {
      locate({.code = value_code(*field, problem),
              .what = cat("'", key, "': ", problem),
              .wanted = field->allowed.empty() ? field->type : cat(field->type, ", ", field->allowed)});
      continue;
    }
    set_keys_.push_back(key);
  }
}

void FieldTable::set_flag(const std::string& key, const std::string& value, Problems& problems) {
  const auto where = cat("command line: --", key, "=", value);
  const Field* field = find(key);
  if (field == nullptr) {
    auto problem = unknown_key(key, known_names(), *this);
    problem.where = where;
    problems.add(std::move(problem));
    return;
  }
  const auto texts = field->is_list ? list_items(value) : std::vector<std::string>{value};
  if (const auto problem = field->set(texts); !problem.empty()) {
    problems.add({.code = value_code(*field, problem),
                  .what = cat("'", key, "': ", problem),
                  .where = where,
                  .wanted = field->allowed.empty() ? field->type : cat(field->type, ", ", field->allowed)});
    return;
  }
  set_keys_.push_back(key);
}

void FieldTable::check_required(Problems& problems) const {
  for (const auto& field : fields_) {
    if (field.required && std::find(set_keys_.begin(), set_keys_.end(), field.key) == set_keys_.end()) {
      problems.add({.code = Code::missing_key,
                    .what = cat("'", field.key, "' is not set and has no default"),
                    .wanted = field.type,
                    .hint = cat(field.help, "; set it in the file or with --", field.key, "=")});
    }
  }
}

std::string FieldTable::to_yaml() const {
  std::string out;
  std::vector<std::string> open;
  for (const auto& field : fields_) {
    std::vector<std::string> path;
    std::string word;
    for (const char c : field.key + ".") {
      if (c != '.') {
        word += c;
        continue;
      }
      path.push_back(word);
      word.clear();
    }
    const auto leaf = path.back();
    path.pop_back();
    std::size_t same = 0;
    while (same < open.size() && same < path.size() && open[same] == path[same]) ++same;
    for (std::size_t i = same; i < path.size(); ++i) out += cat(std::string(2 * i, ' '), path[i], ":\n");
    open = path;
    out += cat(std::string(2 * path.size(), ' '), leaf, ": ", field.value(), "\n");
  }
  return out;
}

std::string FieldTable::key_list() const {
  std::string out;
  for (const auto& field : fields_) {
    out += cat(field.key, "  (", field.type, field.allowed.empty() ? "" : cat(", ", field.allowed),
               field.required ? ", required" : cat(", default ", field.default_text), ")\n    ", field.help, "\n");
  }
  return out;
}

}  // namespace scar
