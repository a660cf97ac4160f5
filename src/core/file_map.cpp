#include "scar/core/file_map.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <utility>

namespace scar {

namespace {

/// What this thread is copying. Plain numbers: the handler of a signal reads them.
struct Reading {
  std::uintptr_t begin = 0, end = 0;
};
constinit thread_local Reading g_reading;

struct sigaction g_before {};
std::uintptr_t g_page = 4096;

/// A page has no file behind it: puts zeros there, up to the end of what is being copied, and the copy goes on. Only
/// that much, since the map may belong to a file that is whole again for the next reader; its checksum tells.
extern "C" void on_bus_error(int signal, siginfo_t* info, void*) {
  const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
  if (info->si_code > 0 && at >= g_reading.begin / g_page * g_page && at < g_reading.end) {
    const auto saved = errno;
    const auto page = at / g_page * g_page;
    // The bare system call: in a handler nothing else may stand between, and other threads may be reading this page.
    const bool done = ::syscall(SYS_mmap, page, g_reading.end - page, PROT_READ,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0L) != -1;
    errno = saved;
    if (done) return;
  }
  ::sigaction(SIGBUS, &g_before, nullptr);
  if (info->si_code <= 0) (void)::raise(signal);  // sent by a process; an access meets the other handler when repeated
}

void install_handler() {
  static const bool installed = [] {
    g_page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    struct sigaction action {};
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    action.sa_sigaction = on_bus_error;
    return ::sigaction(SIGBUS, &action, &g_before) == 0;
  }();
  (void)installed;
}

}  // namespace

FileMap::FileMap(int descriptor) {
  struct stat info {};
  if (::fstat(descriptor, &info) != 0 || info.st_size <= 0) return;
  const auto bytes = static_cast<std::size_t>(info.st_size);
  void* base = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor, 0);
  if (base == MAP_FAILED) return;
  install_handler();
  base_ = static_cast<char*>(base);
  bytes_ = bytes;
}

FileMap::~FileMap() {
  if (mapped()) ::munmap(base_, bytes_);
}

FileMap::FileMap(FileMap&& other) noexcept
    : base_(std::exchange(other.base_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

FileMap& FileMap::operator=(FileMap&& other) noexcept {
  std::swap(base_, other.base_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

void FileMap::copy(std::size_t offset, std::size_t count, void* out) const {
  assert(offset <= bytes_ && count <= bytes_ - offset);
  const auto* from = base_ + offset;
  g_reading = {reinterpret_cast<std::uintptr_t>(from), reinterpret_cast<std::uintptr_t>(from) + count};
  std::atomic_signal_fence(std::memory_order_seq_cst);  // the handler sees the range before the first access
  std::memcpy(out, from, count);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  g_reading = {};
}

void FileMap::expect(std::size_t offset, std::size_t count) const {
  constexpr std::size_t kLine = 64;
  if (offset > bytes_ || count > bytes_ - offset) return;
  // A prefetch of a page that is not there is no access: it does nothing.
  for (std::size_t i = 0; i < count; i += kLine) __builtin_prefetch(base_ + offset + i, 0, 2);
}

}  // namespace scar
