#pragma once

namespace scar::apps {

/// The only place that turns an exception into an exit status. Prints an Error's problems on stderr (as one JSON object on
/// stderr if --json stands on the line), an exception of LibTorch without its backtrace, anything else as internal.
int run(int argc, const char* const* argv, int (*program)(int, const char* const*));

int prepare(int argc, const char* const* argv);
int train(int argc, const char* const* argv);
int eval(int argc, const char* const* argv);
int probe(int argc, const char* const* argv);

}  // namespace scar::apps
