#include "scar/core/log.h"

// The only source that sees spdlog and fmt: LibTorch carries another fmt.
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::log {

namespace {

struct State {
  std::mutex mutex;
  Level level = Level::info;
  std::shared_ptr<spdlog::logger> file;
  std::set<std::pair<int, std::string>> warned;
  bool line_open = false;
  std::chrono::steady_clock::time_point last_progress{}, last_in_file{};
};

State& state() {
  static State instance;
  return instance;
}

bool on_terminal() { return isatty(STDERR_FILENO) == 1; }

void put(State& s, Level level, const std::string& text) {  // s.mutex is held
  if (level <= s.level) {
    if (s.line_open) std::fputs("\r\x1b[K", stderr);
    s.line_open = false;
    std::fwrite(text.data(), 1, text.size(), stderr);
    if (text.empty() || text.back() != '\n') std::fputc('\n', stderr);
    std::fflush(stderr);
  }
  if (s.file) {
    constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::err, spdlog::level::warn, spdlog::level::info,
                                                     spdlog::level::debug, spdlog::level::trace};
    std::string line = text;
    while (!line.empty() && line.back() == '\n') line.pop_back();
    s.file->log(kLevels[static_cast<int>(level)], line);
  }
}

}  // namespace

void set_level(Level level) {
  std::lock_guard lock(state().mutex);
  state().level = level;
}

void set_file(const std::string& path) {
  std::lock_guard lock(state().mutex);
  try {
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path, false);
    state().file = std::make_shared<spdlog::logger>("scar", sink);
    state().file->set_pattern("%Y-%m-%dT%H:%M:%S%z %l %v");
    state().file->set_level(spdlog::level::trace);
    state().file->flush_on(spdlog::level::trace);
  } catch (const spdlog::spdlog_ex& problem) {
    throw Error(Code::write_failed, "cannot open the log file").at(path).got(problem.what());
  }
}

void close_file() {
  std::lock_guard lock(state().mutex);
  state().file.reset();
}

void error(std::string_view message) {
  std::lock_guard lock(state().mutex);
  put(state(), Level::error, std::string(message));
}

void warn(int number, std::string_view message) {
  std::lock_guard lock(state().mutex);
  if (!state().warned.insert({number, std::string(message)}).second) return;
  std::string digits = std::to_string(number);
  put(state(), Level::warn,
      cat("warning[W", std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0'), digits, "]: ", message));
}

void info(std::string_view message) {
  std::lock_guard lock(state().mutex);
  put(state(), Level::info, std::string(message));
}

void debug(std::string_view message) {
  std::lock_guard lock(state().mutex);
  put(state(), Level::debug, std::string(message));
}

int warnings() {
  std::lock_guard lock(state().mutex);
  return static_cast<int>(state().warned.size());
}

void progress(std::string_view line, double cadence_s) {
  std::lock_guard lock(state().mutex);
  auto& s = state();
  const auto now = std::chrono::steady_clock::now();
  if (s.file && std::chrono::duration<double>(now - s.last_in_file).count() >= cadence_s) {
    s.last_in_file = now;
    s.file->info(std::string(line));
  }
  if (s.level < Level::info) return;
  const std::chrono::duration<double> since = now - s.last_progress;
  if (on_terminal()) {
    if (since.count() < 0.1) return;
    s.last_progress = now;
    winsize window{};
    std::size_t width = 100;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 10) width = window.ws_col - 1u;
    std::string text(line.substr(0, width));
    std::fputs(cat("\r\x1b[K", text).c_str(), stderr);
    s.line_open = true;
  } else {
    if (since.count() < cadence_s) return;
    s.last_progress = now;
    std::fputs(cat(line, "\n").c_str(), stderr);
  }
  std::fflush(stderr);
}

void end_progress() {
  std::lock_guard lock(state().mutex);
  if (state().line_open) std::fputc('\n', stderr);
  state().line_open = false;
}

}  // namespace scar::log
