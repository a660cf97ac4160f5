// XXH3 once more, compiled for AVX2: every record that is read is hashed. hash.cpp asks the processor first.
#if defined(__x86_64__)
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstddef>
#include <cstdint>

namespace scar {

std::uint64_t xxh3_avx2(const void* bytes, std::size_t size);
std::uint64_t xxh3_avx2(const void* bytes, std::size_t size) { return XXH3_64bits(bytes, size); }

}  // namespace scar
#endif
