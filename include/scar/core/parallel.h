#pragma once

#include <cstdint>
#include <functional>

namespace scar {

/// Calls work(i) for first <= i < end on `jobs` threads. The exception of the smallest i is thrown after all have
/// ended.
void for_each_parallel(std::int64_t first, std::int64_t end, int jobs, const std::function<void(std::int64_t)>& work);

}  // namespace scar
