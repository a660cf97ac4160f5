#pragma once

#include <memory>
#include <string>
#include <vector>

#include "scar/apps/arguments.h"
#include "scar/core/error.h"

namespace scar::apps {

/// One verb of a program. A verb declares its arguments when it is made; run() returns the exit status.
class Verb {
 public:
  explicit Verb(Command& command) : command_(command) {}
  virtual ~Verb() = default;
  Verb(const Verb&) = delete;
  Verb& operator=(const Verb&) = delete;

  [[nodiscard]] bool chosen() const { return command_.chosen(); }
  virtual int run(const Arguments& arguments) = 0;

 protected:
  Command& command_;
};

using Verbs = std::vector<std::unique_ptr<Verb>>;

/// After Arguments::parse(). Error usage if no verb was named.
inline int run_chosen(const Verbs& verbs, const Arguments& arguments, const std::string& help) {
  for (const auto& verb : verbs) {
    if (verb->chosen()) return verb->run(arguments);
  }
  throw Error(Code::usage, "nothing to do").at("command line").wanted("a verb").hint(help);
}

}  // namespace scar::apps
