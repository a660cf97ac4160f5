#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/temporary_folder.h"

namespace scar::test {

struct Outcome {
  int status = -1;  // exit status, or 128 + signal
  std::string out, err;
};

/// A program of the build, started with its output in files.
class Program {
 public:
  Program(const std::string& name, const std::vector<std::string>& arguments) {
    const std::string path = std::string(SCAR_BIN_DIR) + "/" + name;
    const auto out = (folder_ / "out").string(), err = (folder_ / "err").string();
    child_ = ::fork();
    if (child_ < 0) throw std::runtime_error("fork failed");
    if (child_ == 0) {
      const int o = ::open(out.c_str(), O_WRONLY | O_CREAT, 0600), e = ::open(err.c_str(), O_WRONLY | O_CREAT, 0600);
      ::dup2(o, STDOUT_FILENO);
      ::dup2(e, STDERR_FILENO);
      std::vector<char*> words{const_cast<char*>(path.c_str())};
      for (const auto& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
      words.push_back(nullptr);
      ::execv(path.c_str(), words.data());
      ::_exit(127);
    }
  }
  ~Program() {
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void signal(int number) { ::kill(child_, number); }
  [[nodiscard]] bool running() {
    if (child_ <= 0) return false;
    const auto ended = ::waitpid(child_, &raw_, WNOHANG);
    if (ended == child_) child_ = 0;
    return child_ > 0;
  }
  Outcome wait() {
    if (child_ > 0) ::waitpid(child_, &raw_, 0);
    child_ = 0;
    return {
        .status = WIFEXITED(raw_) ? WEXITSTATUS(raw_) : 128 + WTERMSIG(raw_), .out = text("out"), .err = text("err")};
  }

 private:
  std::string text(const char* name) const {
    std::ifstream in(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  TemporaryFolder folder_;
  pid_t child_ = 0;
  int raw_ = 0;
};

inline Outcome run_program(const std::string& name, const std::vector<std::string>& arguments) {
  return Program(name, arguments).wait();
}

}  // namespace scar::test
