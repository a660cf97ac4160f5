#include "scar/apps/arguments.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/log.h"
#include "scar/core/version.h"

namespace scar::apps {

struct Command::State {
  CLI::App* app = nullptr;
  std::vector<std::string> flags;                                    // for "did you mean"
  std::vector<std::pair<std::string, std::string>>* keys = nullptr;  // of accept_keys
};

struct Arguments::State {
  CLI::App app;
  std::vector<std::string> words;  // argv without the program
  std::string program, log_file;
  bool json = false, show_version = false, quiet = false;
  int verbose = 0;
  std::vector<std::unique_ptr<Command>> commands;  // [0] is the root
  std::vector<std::shared_ptr<Command::State>> states;
};

void Command::positional(const std::string& name, std::string& value, const std::string& help) {
  state_->app->add_option(name, value, help)->required();
}
void Command::positional(const std::string& name, std::vector<std::string>& values, const std::string& help,
                         bool required) {
  state_->app->add_option(name, values, help)->required(required);
}
void Command::option(const std::string& name, std::string& value, const std::string& help, bool required) {
  auto* option = state_->app->add_option(name, value, help)->take_last();
  if (!value.empty()) option->capture_default_str();
  if (required) option->required();
  state_->flags.push_back(name);
}
void Command::option(const std::string& name, std::vector<std::string>& values, const std::string& help) {
  // One value per occurrence: a list that swallows what follows would eat the positional behind it.
  state_->app->add_option(name, values, help)->allow_extra_args(false)->take_all();
  state_->flags.push_back(name);
}
void Command::list(const std::string& name, std::vector<std::string>& values, const std::string& help) {
  state_->app->add_option(name, values, help)->take_all();
  state_->flags.push_back(name);
}
void Command::option(const std::string& name, long long& value, const std::string& help) {
  state_->app->add_option(name, value, help)->take_last()->capture_default_str();
  state_->flags.push_back(name);
}
void Command::option(const std::string& name, double& value, const std::string& help) {
  state_->app->add_option(name, value, help)->take_last()->capture_default_str();
  state_->flags.push_back(name);
}
void Command::flag(const std::string& name, bool& value, const std::string& help) {
  state_->app->add_flag(name, value, help)->take_last();
  state_->flags.push_back(name);
}
void Command::accept_keys(std::vector<std::pair<std::string, std::string>>& keys) {
  state_->keys = &keys;
  state_->app->allow_extras();
}
bool Command::chosen() const { return state_->app->parsed(); }

namespace {

Error usage(const std::string& what, const std::string& hint) {
  return Error(Code::usage, what).at("command line").hint(hint);
}

}  // namespace

Arguments::Arguments(const std::string& program, const std::string& purpose, const std::string& example, int argc,
                     const char* const* argv)
    : state_(std::make_unique<State>()) {
  auto& s = *state_;
  s.program = program;
  for (int i = 1; i < argc; ++i) s.words.emplace_back(argv[i]);
  s.app.name(program);
  s.app.description(cat("Example:  ", example, "\n\n", purpose));
  s.app.set_help_flag("-h,--help", "print this and leave");
  auto root = std::make_shared<Command::State>();
  root->app = &s.app;
  s.states.push_back(root);
  s.commands.push_back(std::make_unique<Command>(root));
  s.app.add_flag("--version", s.show_version,
                 "print the version and leave (--json: with everything a bug report needs)");
  s.app.add_flag("--json", s.json, "the answer, and errors, as one JSON document");
  s.app.add_flag("-q,--quiet", s.quiet, "errors only");
  s.app.add_flag("-v,--verbose", s.verbose, "more; -vv still more");
  s.app.add_option("--log-file", s.log_file, "also write messages to this file")->take_last();
  root->flags = {"--help", "--version", "--json", "--quiet", "--verbose", "--log-file"};
}

Arguments::~Arguments() = default;

Command& Arguments::root() { return *state_->commands.front(); }

Command& Arguments::verb(const std::string& name, const std::string& purpose, const std::string& example) {
  auto& s = *state_;
  auto state = std::make_shared<Command::State>();
  state->app = s.app.add_subcommand(name, purpose);
  state->app->description(cat("Example:  ", example, "\n\n", purpose));
  state->app->set_help_flag("-h,--help", "print this and leave");
  state->app->fallthrough();  // --json, -q ... may stand behind the verb
  s.app.require_subcommand(0, 1);
  s.states.push_back(state);
  s.commands.push_back(std::make_unique<Command>(state));
  return *s.commands.back();
}

namespace {

// Leftovers of the parser as key and value, for those commands that take keys.
void take_keys(const std::vector<std::string>& rest, std::vector<std::pair<std::string, std::string>>& keys) {
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const auto& word = rest[i];
    if (word.rfind("--", 0) != 0 || word.size() < 3)
      throw usage(cat("'", word, "' is not understood"), "--help shows what is");
    const auto equals = word.find('=');
    if (equals != std::string::npos) {
      keys.emplace_back(word.substr(2, equals - 2), word.substr(equals + 1));
    } else if (i + 1 < rest.size() && rest[i + 1].rfind("--", 0) != 0) {
      keys.emplace_back(word.substr(2), rest[i + 1]);
      ++i;
    } else {
      throw usage(cat("'", word, "' has no value"), cat("write ", word, "=VALUE"));
    }
  }
}

}  // namespace

bool Arguments::parse() {
  auto& s = *state_;
  const bool has_verbs = s.states.size() > 1;
  std::vector<std::string> verbs;
  for (std::size_t i = 1; i < s.states.size(); ++i) verbs.push_back(s.states[i]->app->get_name());
  if (has_verbs) {  // a wrong verb is the most helpful thing to say first
    const auto first =
        std::find_if(s.words.begin(), s.words.end(), [](const std::string& word) { return word.rfind('-', 0) != 0; });
    if (first != s.words.end() && first == s.words.begin() &&
        std::find(verbs.begin(), verbs.end(), *first) == verbs.end()) {
      std::string all;
      for (const auto& verb : verbs) all += cat(all.empty() ? "" : " | ", verb);
      const auto near = nearest_name(*first, verbs);
      throw usage(cat("'", *first, "' is not something that ", s.program, " does"),
                  near.empty() ? cat("it does: ", all) : cat("did you mean '", near, "'?  It does: ", all));
    }
  }
  try {
    std::vector<std::string> reversed(s.words.rbegin(), s.words.rend());
    s.app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    std::string text = s.app.help();
    for (const auto& state : s.states) {
      if (state->app != &s.app && state->app->parsed()) text = state->app->help();
    }
    std::cout << text;
    return false;
  } catch (const CLI::ExtrasError&) {
    auto rest = s.app.remaining(true);
    std::vector<std::string> known = s.states.front()->flags;
    for (const auto& state : s.states) {
      if (state->app->parsed()) known.insert(known.end(), state->flags.begin(), state->flags.end());
    }
    const auto word = rest.empty() ? std::string("?") : rest.front().substr(0, rest.front().find('='));
    const auto near = nearest_name(word, known);
    throw usage(cat("unknown argument '", word, "'"),
                near.empty() ? "--help shows all" : cat("did you mean '", near, "'?"));
  } catch (const CLI::ParseError& problem) {
    if (s.show_version) {
      // --version needs nothing else on the line
    } else {
      throw usage(problem.what(), cat(s.program, " --help"));
    }
  }
  if (s.show_version) {
    if (s.json) {
      std::cout << cat("{\"scar\": \"", version(), "\", \"revision\": \"", revision(), "\", \"compiler\": \"",
                       compiler(), "\"}\n");
    } else {
      std::cout << cat(s.program, " ", version(), " (", revision(), ", ", compiler(), ")\n");
    }
    return false;
  }
  if (has_verbs && s.app.get_subcommands().empty()) {
    std::cout << s.app.help();
    throw usage("nothing to do", cat("say what: ", s.program, " ", verbs.front(), " ..."));
  }
  for (const auto& state : s.states) {
    if (state->keys != nullptr && (state->app->parsed() || state->app == &s.app))
      take_keys(state->app->remaining(), *state->keys);
  }
  if (s.quiet)
    log::set_level(log::Level::error);
  else if (s.verbose >= 2)
    log::set_level(log::Level::trace);
  else if (s.verbose == 1)
    log::set_level(log::Level::debug);
  if (!s.log_file.empty()) log::set_file(s.log_file);
  return true;
}

bool Arguments::json() const { return state_->json; }

std::string Arguments::command_line() const {
  std::string line = state_->program;
  for (const auto& word : state_->words) line += " " + word;
  return line;
}

}  // namespace scar::apps
