#pragma once

namespace scar {

/// Installs handlers for SIGINT, SIGTERM and (unless ignored) SIGHUP that only set a flag, and for SIGUSR1 (checkpoint
/// now). A second stop signal more than one second after the first ends the process at once with 130 or 143.
void install_stop_handlers();

[[nodiscard]] int stop_signal();  // 0 = nobody asked; else the signal. Polled in loops and waits.
void request_stop(int signal);    // what the handler does, for tests
[[nodiscard]] bool take_checkpoint_request();
void clear_stop();  // for tests

}  // namespace scar
