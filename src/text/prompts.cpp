#include "scar/text/prompts.h"

#include <algorithm>
#include <map>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/hash.h"
#include "scar/core/yaml_reader.h"

namespace scar::text {

namespace {

using Kind = YamlNode::Kind;

constexpr const char* kAnyTask = "*";  // of a pack whose classes are not sorted by task

/// Collects what is wrong with a pack, with its line, so that a user sees everything at once.
class PackReader {
 public:
  explicit PackReader(const YamlDocument& document) : document_(document) {}

  using Prompt = PromptPack::Prompt;

  /// One text for a class, as MERL's file has it.
  std::vector<Prompt> read_text(const std::string& name, const YamlNode& node) {
    if (node.text.find_first_not_of(' ') == std::string::npos)
      add(node, cat("the prompt of '", name, "' is empty"), "a text");
    return {{node.text, ""}};
  }

  std::vector<Prompt> read_class(const std::string& name, const YamlNode& node) {
    std::vector<Prompt> prompts;
    if (node.kind == Kind::sequence) {
      read_list(name, node, "", prompts);
    } else if (node.kind == Kind::map && !node.members.empty()) {
      for (const auto& member : node.members) {
        const auto& language = member.key;
        const auto& list = member.node;
        if (!is_language(language)) {
          add(list, cat("'", language, "' is not a language code"), "two lower-case letters, such as en or de");
        } else if (list.kind != Kind::sequence) {
          add(list, cat("the prompts of '", name, "' in '", language, "' are not a list"), "[text, text, ...]");
        } else {
          read_list(name, list, language, prompts);
        }
      }
    } else {
      add(node, cat("the prompts of '", name, "' are not a list"),
          "[text, text, ...] or one such list per language: {en: [...], de: [...]}");
    }
    return prompts;
  }

  void add(const YamlNode& node, std::string what, std::string wanted) {
    Problem problem;
    problem.code = Code::prompts_invalid;
    problem.what = std::move(what);
    problem.where = document_.where(node);
    problem.source_line = document_.source_line(node.line);
    problem.wanted = std::move(wanted);
    problems_.add(std::move(problem));
  }
  void throw_if_any() const { problems_.throw_if_any(); }

 private:
  static bool is_language(const std::string& code) {
    return code.size() == 2 && std::all_of(code.begin(), code.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  }

  void read_list(const std::string& name, const YamlNode& list, const std::string& language,
                 std::vector<Prompt>& prompts) {
    if (list.items.empty()) add(list, cat("the list of '", name, "' is empty"), "at least one prompt");
    for (const auto& item : list.items) {
      if (item.kind != Kind::scalar) {
        add(item, cat("a prompt of '", name, "' is not a text"), "a text; quote it if it holds ': ' or '#'");
      } else if (item.text.find_first_not_of(' ') == std::string::npos) {
        add(item, cat("a prompt of '", name, "' is empty"), "a text");
      } else if (std::any_of(prompts.begin(), prompts.end(),
                             [&item](const Prompt& known) { return known.text == item.text; })) {
        add(item, cat("'", name, "' has the prompt '", item.text, "' twice"), "each prompt once per class");
      } else {
        prompts.push_back({item.text, language});
      }
    }
  }

  const YamlDocument& document_;
  Problems problems_;
};

std::string hint_for(std::string_view wanted, const std::vector<std::string>& known) {
  const auto near = nearest_name(std::string(wanted), known);
  if (!near.empty()) return cat("did you mean '", near, "'?");
  std::string list;
  for (const auto& name : known) list += (list.empty() ? "" : ", ") + name;
  return cat("the pack has: ", list);
}

}  // namespace

PromptPack PromptPack::load(const std::filesystem::path& path) { return from_document(read_yaml(path)); }

PromptPack PromptPack::parse(const std::string& yaml, const std::string& origin) {
  return from_document(parse_yaml(yaml, origin));
}

PromptPack PromptPack::from_document(const YamlDocument& document) {
  PromptPack pack;
  pack.origin_ = document.origin;
  PackReader reader(document);
  if (document.root.kind != Kind::map || document.root.members.empty()) {
    reader.add(document.root, "a prompt pack is a map of tasks", "task: {class: [text, text, ...]}");
    reader.throw_if_any();
  }
  const auto is_text = [](const auto& member) { return member.node.kind == Kind::scalar; };
  if (std::all_of(document.root.members.begin(), document.root.members.end(), is_text)) {
    Classes classes;
    for (const auto& one : document.root.members) classes.emplace_back(one.key, reader.read_text(one.key, one.node));
    pack.tasks_.emplace_back(kAnyTask, std::move(classes));
    reader.throw_if_any();
    return pack;
  }
  for (const auto& member : document.root.members) {
    const auto& task = member.key;
    const auto& node = member.node;
    if (node.kind != Kind::map || node.members.empty()) {
      reader.add(node, cat("task '", task, "' is not a map of classes"), "class: [text, text, ...]");
      continue;
    }
    Classes classes;
    for (const auto& one : node.members) classes.emplace_back(one.key, reader.read_class(one.key, one.node));
    pack.tasks_.emplace_back(task, std::move(classes));
  }
  reader.throw_if_any();
  return pack;
}

std::vector<std::string> PromptPack::tasks() const {
  std::vector<std::string> names;
  for (const auto& [task, classes] : tasks_) names.push_back(task);
  return names;
}

const PromptPack::Classes& PromptPack::find_task(std::string_view task) const {
  for (const auto& [name, classes] : tasks_) {
    if (name == task || name == kAnyTask) return classes;
  }
  throw Error(Code::prompts_invalid, cat("the prompt pack has no task '", task, "'"))
      .at(origin_)
      .hint(hint_for(task, tasks()));
}

std::vector<std::string> PromptPack::classes(std::string_view task) const {
  std::vector<std::string> names;
  for (const auto& [label, prompts] : find_task(task)) names.push_back(label);
  return names;
}

const std::vector<PromptPack::Prompt>& PromptPack::prompts(std::string_view task, std::string_view label) const {
  for (const auto& [name, prompts] : find_task(task)) {
    if (name == label) return prompts;
  }
  throw Error(Code::prompts_invalid, cat("task '", task, "' of the prompt pack has no class '", label, "'"))
      .at(origin_)
      .hint(hint_for(label, classes(task)));
}

std::vector<std::string> PromptPack::texts(std::string_view task, std::string_view label) const {
  std::vector<std::string> out;
  for (const auto& prompt : prompts(task, label)) out.push_back(prompt.text);
  return out;
}

void PromptPack::check_covers(std::string_view task, const std::vector<std::string>& wanted) const {
  const auto known = classes(task);
  std::string missing;
  for (const auto& label : wanted) {
    if (std::find(known.begin(), known.end(), label) == known.end()) missing += (missing.empty() ? "" : ", ") + label;
  }
  if (missing.empty()) return;
  throw Error(Code::prompts_invalid, cat("the prompt pack leaves out classes of task '", task, "'"))
      .at(origin_)
      .got(cat("no prompts for ", missing))
      .wanted("at least one prompt for every class")
      .hint(cat("add them below '", task, ":'"));
}

std::string PromptPack::hash() const {
  // Every text is preceded by its kind and length, so that no two packs give the same stream.
  Sha256 sha;
  const auto put = [&sha](char kind, std::string_view text) {
    sha.update(cat(kind, text.size(), ':'));
    sha.update(text);
  };
  std::map<std::string, std::map<std::string, const std::vector<Prompt>*>> sorted;
  for (const auto& [task, classes] : tasks_) {
    for (const auto& [label, prompts] : classes) sorted[task][label] = &prompts;
  }
  for (const auto& [task, classes] : sorted) {
    put('t', task);
    for (const auto& [label, prompts] : classes) {
      put('c', label);
      for (const auto& prompt : *prompts) {
        put('l', prompt.language);
        put('p', prompt.text);
      }
    }
  }
  return sha.hex();
}

}  // namespace scar::text
