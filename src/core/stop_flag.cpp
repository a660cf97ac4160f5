#include "scar/core/stop_flag.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <ctime>

namespace scar {

namespace {

std::atomic<int> g_stop{0};
std::atomic<bool> g_checkpoint{false};
std::atomic<long> g_first_s{0};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<long>::is_always_lock_free);

long monotonic_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<long>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

extern "C" void on_stop(int signal) {
  if (g_stop.exchange(signal) == 0) {
    g_first_s.store(monotonic_ms());
  } else if (monotonic_ms() - g_first_s.load() > 1000) {
    // Under a launcher one Ctrl-C arrives twice, so only a later second signal means "now". What was saved is whole.
    _exit(signal == SIGINT ? 130 : 143);
  }
}

extern "C" void on_checkpoint(int) { g_checkpoint.store(true); }

}  // namespace

void install_stop_handlers() {
  struct sigaction action {};
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  action.sa_handler = on_stop;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  struct sigaction hangup {};
  sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
  action.sa_handler = on_checkpoint;
  sigaction(SIGUSR1, &action, nullptr);
}

int stop_signal() { return g_stop.load(); }
void request_stop(int signal) { on_stop(signal); }
bool take_checkpoint_request() { return g_checkpoint.exchange(false); }
void clear_stop() {
  g_stop.store(0);
  g_checkpoint.store(false);
}

}  // namespace scar
