#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "scar/core/error.h"
#include "scar/core/yaml_reader.h"

namespace scar {

/// One field list beside each options struct feeds YAML, flags, help, --print-config, --list-keys and range checks:
///
///   template <class Visitor> void visit_fields(MaskerOptions& o, Visitor&& visit) {
///     visit("width", o.width, Range{16, 4096}, "channels of the masker's transformer");
///     visit("structure", o.structure, OneOf{{"free", "lead", "segment"}}, "what is removed together");
///     visit("text", o.text, Any{}, "condition on the report");
///     visit.group("schedule", o.schedule);            // a nested options struct with its own visit_fields
///   }
///
/// Field types: bool, std::int64_t, int, std::uint64_t, double, std::string, std::vector<double>,
/// std::vector<std::string>.
struct Any {};
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};
struct OneOf {
  std::vector<std::string> names;
};
/// Marks a field without a sensible default: reading reports it if nothing sets it.
struct Required {};

struct Field {
  std::string key;      // "masker.width"
  std::string type;     // "integer", "number", "true or false", "text", "list of numbers", "list of texts"
  std::string allowed;  // "16 to 4096", "free | lead | segment", ""
  std::string help;
  std::string default_text;
  bool required = false;
  bool is_list = false;
  std::vector<std::string> choices;  // of a OneOf
  /// Takes whole texts (one, or one per item of a list); returns "" or what is wrong with them.
  std::function<std::string(const std::vector<std::string>&)> set;
  std::function<std::string()> value;  // as YAML
};

namespace detail {
std::string parse_value(const std::vector<std::string>& texts, bool& out);
std::string parse_value(const std::vector<std::string>& texts, int& out);
std::string parse_value(const std::vector<std::string>& texts, std::int64_t& out);
std::string parse_value(const std::vector<std::string>& texts, std::uint64_t& out);
std::string parse_value(const std::vector<std::string>& texts, double& out);
std::string parse_value(const std::vector<std::string>& texts, std::string& out);
std::string parse_value(const std::vector<std::string>& texts, std::vector<double>& out);
std::string parse_value(const std::vector<std::string>& texts, std::vector<std::string>& out);
std::string yaml_value(bool value);
std::string yaml_value(double value);
std::string yaml_value(const std::string& value);
std::string yaml_value(const std::vector<double>& value);
std::string yaml_value(const std::vector<std::string>& value);
template <class Integer>
requires(std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>) std::string yaml_value(Integer value) {
  return std::to_string(value);
}
template <class T>
std::string type_name() {
  if constexpr (std::is_same_v<T, bool>)
    return "true or false";
  else if constexpr (std::is_integral_v<T>)
    return "integer";
  else if constexpr (std::is_floating_point_v<T>)
    return "number";
  else if constexpr (std::is_same_v<T, std::string>)
    return "text";
  else if constexpr (std::is_same_v<T, std::vector<double>>)
    return "list of numbers";
  else
    return "list of texts";
}
std::string describe(const Range& range, bool integral);
std::string check(const Range& range, double value);
}  // namespace detail

/// The fields of an options struct with their full keys. The struct must outlive the table.
class FieldTable {
 public:
  template <class Options>
  explicit FieldTable(Options& options) {
    visit_fields(options, *this);
  }

  template <class T>
  void operator()(const char* name, T& value, Any, const char* help) {
    add(name, value, help, "", {}, [](const T&) { return std::string(); });
  }
  template <class T>
  void operator()(const char* name, T& value, Range range, const char* help) {
    add(name, value, help, detail::describe(range, std::is_integral_v<T>), {}, [range](const T& v) {
      if constexpr (std::is_arithmetic_v<T>) {
        return detail::check(range, static_cast<double>(v));
      } else {
        for (const auto& item : v) {
          if (auto problem = detail::check(range, static_cast<double>(item)); !problem.empty()) return problem;
        }
        return std::string();
      }
    });
  }
  void operator()(const char* name, std::string& value, OneOf names, const char* help);
  template <class T>
  void operator()(const char* name, T& value, Required, const char* help) {
    add(name, value, help, "", {}, [](const T&) { return std::string(); });
    fields_.back().required = true;
    fields_.back().default_text.clear();
  }
  template <class Options>
  void group(const char* name, Options& options) {
    const auto before = prefix_;
    prefix_ += std::string(name) + ".";
    visit_fields(options, *this);
    prefix_ = before;
  }

  [[nodiscard]] const std::vector<Field>& fields() const { return fields_; }
  [[nodiscard]] const Field* find(const std::string& key) const;

  /// Reads a document into the struct. Unknown keys (with the nearest name), wrong types and values out of range are
  /// added to `problems` with file and line; nothing is thrown.
  void read(const YamlDocument& document, Problems& problems);
  /// One flag of the command line, --key=value. For a list the texts are split at commas; brackets around them are allowed.
  void set_flag(const std::string& key, const std::string& value, Problems& problems);
  /// Adds a problem for each required field that nobody has set.
  void check_required(Problems& problems) const;

  [[nodiscard]] std::string to_yaml() const;   // what --print-config prints; reads back to the same values
  [[nodiscard]] std::string key_list() const;  // what --list-keys prints: key, type, allowed, default, help

 private:
  template <class T, class Check>
  void add(const char* name, T& value, const char* help, std::string allowed, std::vector<std::string> choices,
           Check check) {
    Field field;
    field.key = prefix_ + name;
    field.type = detail::type_name<T>();
    field.allowed = std::move(allowed);
    field.choices = std::move(choices);
    field.help = help;
    field.default_text = detail::yaml_value(value);
    field.is_list = std::is_same_v<T, std::vector<double>> || std::is_same_v<T, std::vector<std::string>>;
    field.set = [&value, check](const std::vector<std::string>& texts) {
      T parsed{};
      if (auto problem = detail::parse_value(texts, parsed); !problem.empty()) return problem;
      if (auto problem = check(parsed); !problem.empty()) return problem;
      value = std::move(parsed);
      return std::string();
    };
    field.value = [&value] { return detail::yaml_value(value); };
    fields_.push_back(std::move(field));
  }
  void read_map(const YamlDocument& document, const YamlNode& node, const std::string& prefix, Problems& problems);
  [[nodiscard]] std::vector<std::string> known_names() const;

  std::string prefix_;
  std::vector<Field> fields_;
  std::vector<std::string> set_keys_;
};

}  // namespace scar
