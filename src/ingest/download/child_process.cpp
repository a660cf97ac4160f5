#include "child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::ingest {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const std::string& what, const fs::path& program) {
  throw Error(Code::write_failed, cat(what, ": ", std::strerror(errno))).at(program.string());
}

/// A file in memory that holds `text`. Unlike a pipe it cannot fill up while nobody reads, nor break.
int memory_file(std::string_view text, const fs::path& program) {
  const int file = ::memfd_create("scar-input", MFD_CLOEXEC);
  if (file < 0) fail("cannot make the input of a program", program);
  while (!text.empty()) {
    const auto n = ::write(file, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      ::close(file);
      fail("cannot write the input of a program", program);
    }
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  ::lseek(file, 0, SEEK_SET);
  return file;
}

}  // namespace

std::optional<fs::path> find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(':'), rest.size());
    const auto folder = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (folder.empty()) continue;  // it would mean the working folder, where data lies
    const auto candidate = fs::path(folder) / name;
    std::error_code ignored;
    if (fs::is_regular_file(candidate, ignored) && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

ChildProcess::ChildProcess(const fs::path& program, const std::vector<std::string>& arguments, std::string_view input) {
  const int in = memory_file(input, program);
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    ::close(in);
    fail("cannot make a pipe", program);
  }
  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (const auto& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const pid_t parent = ::getpid();
  // Not posix_spawn, which has no way to ask for the death signal. Between fork and exec only calls that are safe there.
  child_ = ::fork();
  if (child_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);  // it died before the line above
    ::setpgid(0, 0);
    ::dup2(in, STDIN_FILENO);
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::execv(program.c_str(), words.data());
    ::_exit(127);
  }
  if (child_ > 0) ::setpgid(child_, child_);  // here as well, for nobody knows which of the two comes first
  ::close(in);
  ::close(ends[1]);
  output_ = ends[0];
  if (child_ < 0) {
    ::close(output_);
    fail("cannot start a program", program);
  }
}

ChildProcess::~ChildProcess() {
  terminate();
  wait();
  ::close(output_);
}

bool ChildProcess::read(std::string& out, std::chrono::milliseconds patience) {
  pollfd one{.fd = output_, .events = POLLIN, .revents = 0};
  const int ready = ::poll(&one, 1, static_cast<int>(patience.count()));
  if (ready <= 0) return true;  // nothing yet, or a signal: the caller looks at the stop flag
  char buffer[4096];
  const auto n = ::read(output_, buffer, sizeof buffer);
  if (n > 0) out.append(buffer, static_cast<std::size_t>(n));
  return n > 0 || (n < 0 && errno == EINTR);
}

void ChildProcess::terminate() {
  if (child_ > 0) ::kill(-child_, SIGTERM);
}

int ChildProcess::wait() {
  constexpr int kPolite = 200, kFirm = 400;  // times 10 ms
  for (int tries = 0; child_ > 0; ++tries) {
    if (const auto ended = ::waitpid(child_, &status_, WNOHANG); ended == child_ || (ended < 0 && errno != EINTR)) {
      child_ = -1;
    } else {
      if (tries == kPolite) terminate();
      if (tries == kFirm) ::kill(-child_, SIGKILL);
      ::usleep(10'000);
    }
  }
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
}

}  // namespace scar::ingest
