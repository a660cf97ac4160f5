#include "scar/core/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace scar {

void for_each_parallel(std::int64_t first, std::int64_t end, int jobs, const std::function<void(std::int64_t)>& work) {
  std::atomic<std::int64_t> next{first};
  std::mutex mutex;
  std::exception_ptr failure;
  std::int64_t failed_at = end;
  const auto run = [&] {
    for (std::int64_t i = next++; i < end; i = next++) {
      try {
        work(i);
      } catch (...) {
        const std::scoped_lock lock(mutex);
        if (i < failed_at) {
          failed_at = i;
          failure = std::current_exception();
        }
      }
    }
  };
  std::vector<std::thread> threads;
  const auto wanted = std::min<std::int64_t>(jobs, end - first);
  for (std::int64_t i = 1; i < wanted; ++i) threads.emplace_back(run);
  run();
  for (auto& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace scar
