#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "support/temporary_folder.h"

namespace scar::test {

/// tests/tools/file_server.py as long as the object lives. Files and rules may change meanwhile.
class FileServer {
 public:
  FileServer() {
    std::filesystem::create_directories(folder_ / "root");
    // A proxy of the machine must not be asked for what is on the machine.
    ::setenv("no_proxy", "127.0.0.1", 1);
    ::setenv("NO_PROXY", "127.0.0.1", 1);
    const std::string script = std::string(SCAR_SOURCE) + "/tests/tools/file_server.py";
    const auto root = (folder_ / "root").string(), log = (folder_ / "log").string();
    int in[2], out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(in[0], STDIN_FILENO);
      ::dup2(out[1], STDOUT_FILENO);
      ::execl("/usr/bin/python3", "python3", script.c_str(), root.c_str(), log.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    keep_ = in[1];
    std::string text;
    char c = 0;
    while (::read(out[0], &c, 1) == 1 && c != '\n') text += c;
    ::close(out[0]);
    if (text.empty()) throw std::runtime_error("the file server did not start; it needs /usr/bin/python3");
    url_ = "http://127.0.0.1:" + text + "/";
  }
  ~FileServer() {
    ::close(keep_);
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  FileServer(const FileServer&) = delete;
  FileServer& operator=(const FileServer&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] std::filesystem::path root() const { return folder_ / "root"; }
  void rules(const std::string& json) const { std::ofstream(root() / "rules.json") << json; }
  /// "GET /name range status" of each request so far.
  [[nodiscard]] std::string log() const {
    std::ifstream in(folder_ / "log");
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  TemporaryFolder folder_;
  pid_t child_ = -1;
  int keep_ = -1;
  std::string url_;
};

}  // namespace scar::test
