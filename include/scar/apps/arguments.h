#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace scar::apps {

/// The command line of a program or of one of its verbs; the only door to the argument parser. Every program knows
/// --help, --version, -q, -v, -vv, --log-file FILE, and --json where it answers with a document.
///
///   Arguments arguments("scar-eval", "zero-shot diagnosis under missingness", argc, argv);
///   auto& zeroshot = arguments.verb("zeroshot", "score a task with prompts", "scar-eval zeroshot runs/tiny --data ...");
///   zeroshot.positional("RUN", run, "run directory");
///   zeroshot.option("--batch", batch, "records at a time");
///   if (!arguments.parse()) return 0;                       // --help or --version was answered
///   if (zeroshot.chosen()) ...
class Command {
 public:
  struct State;
  explicit Command(std::shared_ptr<State> state) : state_(std::move(state)) {}

  void positional(const std::string& name, std::string& value, const std::string& help);  // required
  void positional(const std::string& name, std::vector<std::string>& values, const std::string& help,
                  bool required = true);  // 1 or more; not required: or none
  void option(const std::string& name, std::string& value, const std::string& help, bool required = false);
  void option(const std::string& name, std::vector<std::string>& values, const std::string& help);  // may be repeated
  void list(const std::string& name, std::vector<std::string>& values, const std::string& help);  // 1 or more after it
  void option(const std::string& name, long long& value, const std::string& help);
  void option(const std::string& name, double& value, const std::string& help);
  void flag(const std::string& name, bool& value, const std::string& help);
  /// Takes everything of the form --section.key=value or --section.key value (and --x.y / --no-x.y for booleans is not
  /// accepted: write =true or =false) for a FieldTable.
  void accept_keys(std::vector<std::pair<std::string, std::string>>& keys);
  [[nodiscard]] bool chosen() const;

 private:
  std::shared_ptr<State> state_;
};

class Arguments {
 public:
  Arguments(const std::string& program, const std::string& purpose, const std::string& example, int argc,
            const char* const* argv);
  ~Arguments();
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  [[nodiscard]] Command& root();  // of a program without verbs
  Command& verb(const std::string& name, const std::string& purpose, const std::string& example);
  /// Reads the line, sets log level and log file. False: help or version was printed, leave with 0. Throws Error(usage)
  /// with the nearest name for an unknown flag or verb; a repeated scalar flag: the last one wins.
  [[nodiscard]] bool parse();
  [[nodiscard]] bool json() const;  // --json
  [[nodiscard]] std::string command_line() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace scar::apps
