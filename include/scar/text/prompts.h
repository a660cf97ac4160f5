#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scar {
struct YamlDocument;
}

namespace scar::text {

/// Prompt texts keyed by task and class, never by class alone: acronyms mean different things in different tasks.
///
///   ptbxl-rhythm:
///     AFIB: [atrial fibrillation, vorhofflimmern]
///     SR:
///       en: [sinus rhythm]
///       de: [sinusrhythmus]
///
/// A file that maps classes to one text each, without tasks, is taken as MERL's CKEPE file: it serves every task, by the
/// names of the classes. Some of its acronyms mean different things in different tasks; its texts are taken as they are.
///
/// A class has one list, or one list per language (a lower-case code of two letters). Strictly read: another shape, a
/// list without entries, an empty or repeated prompt within a class, a class without prompts are Error(prompts_invalid)
/// with file:line, all of them at once.
class PromptPack {
 public:
  struct Prompt {
    std::string text;      // as written
    std::string language;  // "" where the class has one list for all
  };

  [[nodiscard]] static PromptPack load(const std::filesystem::path& path);
  [[nodiscard]] static PromptPack parse(const std::string& yaml, const std::string& origin);

  [[nodiscard]] std::vector<std::string> tasks() const;                         // {"*"}: the classes serve every task
  [[nodiscard]] std::vector<std::string> classes(std::string_view task) const;  // in file order; throws prompts_invalid
  /// All texts of a class, languages together, in file order. Throws prompts_invalid with the nearest name.
  [[nodiscard]] std::vector<std::string> texts(std::string_view task, std::string_view label) const;
  [[nodiscard]] const std::vector<Prompt>& prompts(std::string_view task, std::string_view label) const;

  /// Throws prompts_invalid naming every class of `classes` that the task lacks. Further classes in the pack are fine.
  void check_covers(std::string_view task, const std::vector<std::string>& classes) const;

  /// SHA-256 over tasks, classes, languages and texts in sorted order of task and class: comments and layout do not
  /// count.
  [[nodiscard]] std::string hash() const;
  [[nodiscard]] const std::string& origin() const { return origin_; }

 private:
  using Classes = std::vector<std::pair<std::string, std::vector<Prompt>>>;
  [[nodiscard]] static PromptPack from_document(const YamlDocument& document);
  [[nodiscard]] const Classes& find_task(std::string_view task) const;

  std::string origin_;
  std::vector<std::pair<std::string, Classes>> tasks_;
};

}  // namespace scar::text
