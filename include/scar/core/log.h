#pragma once

#include <string>
#include <string_view>

/// Messages for people, on stderr and, if asked, in a file. Thread-safe. stdout belongs to answers.
/// error: the run ends. warn: the user should act. info: progress.
namespace scar::log {

enum class Level { error, warn, info, debug, trace };

void set_level(Level level);             // default info
void set_file(const std::string& path);  // append; every level goes there; throws write_failed
void close_file();

void error(std::string_view message);
/// Numbered ("W012"), shown once per (number, message), counted.
void warn(int number, std::string_view message);
void info(std::string_view message);
void debug(std::string_view message);

[[nodiscard]] int warnings();  // distinct warnings so far

/// One line redrawn in place where stderr is a terminal; elsewhere, and in the file, a plain line at most every `cadence_s`
/// seconds.
void progress(std::string_view line, double cadence_s = 10.0);
void end_progress();  // leaves the last line standing and goes to the next

}  // namespace scar::log
