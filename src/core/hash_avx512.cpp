// XXH3 once more, compiled for AVX-512, as hash_avx2.cpp is for AVX2.
#if defined(__x86_64__)
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstddef>
#include <cstdint>

namespace scar {

std::uint64_t xxh3_avx512(const void* bytes, std::size_t size);
std::uint64_t xxh3_avx512(const void* bytes, std::size_t size) { return XXH3_64bits(bytes, size); }

}  // namespace scar
#endif
