#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scar::ingest {

/// Where PATH finds a program that may be run; nothing if nowhere.
[[nodiscard]] std::optional<std::filesystem::path> find_program(const std::string& name);

/// A program that is started without a shell, reads `input` on stdin and is listened to: stdout and stderr are one
/// stream. It has a process group of its own, so that Ctrl-C reaches only scar, which then ends it; and it is killed
/// with the thread that started it, so that a killed scar leaves nobody behind who goes on writing.
/// Errors: write_failed where the system gives no process, pipe or memory.
class ChildProcess {
 public:
  ChildProcess(const std::filesystem::path& program, const std::vector<std::string>& arguments, std::string_view input);
  ~ChildProcess();  // ends it
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Appends what the program has written, waiting at most `patience` for something. False after the end of its output.
  bool read(std::string& out, std::chrono::milliseconds patience);
  void terminate();
  /// Waits for its end, which is helped along after some seconds. Its exit status, 128 + signal if one ended it.
  int wait();

 private:
  pid_t child_ = -1;
  int output_ = -1;
  int status_ = 0;
};

}  // namespace scar::ingest
