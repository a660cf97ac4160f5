#include "scar/core/hash.h"

#include <openssl/evp.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <fstream>
#include <vector>

#include "scar/core/error.h"

namespace scar {

#if defined(__x86_64__)
std::uint64_t xxh3_avx2(const void* bytes, std::size_t size);    // hash_avx2.cpp
std::uint64_t xxh3_avx512(const void* bytes, std::size_t size);  // hash_avx512.cpp

std::uint64_t xxh3(const void* bytes, std::size_t size) {
  static const bool avx512 = __builtin_cpu_supports("avx512f") != 0, avx2 = __builtin_cpu_supports("avx2") != 0;
  if (avx512) return xxh3_avx512(bytes, size);
  return avx2 ? xxh3_avx2(bytes, size) : XXH3_64bits(bytes, size);
}
#else
std::uint64_t xxh3(const void* bytes, std::size_t size) { return XXH3_64bits(bytes, size); }
#endif

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() {
    if (context == nullptr || EVP_DigestInit_ex(context, EVP_sha256(), nullptr) != 1) {
      throw Error(Code::internal, "libcrypto has no SHA-256");
    }
  }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(const void* bytes, std::size_t size) {
  if (EVP_DigestUpdate(state_->context, bytes, size) != 1) throw Error(Code::internal, "SHA-256 failed");
}

std::string Sha256::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_DigestFinal_ex(state_->context, digest.data(), &size) != 1) throw Error(Code::internal, "SHA-256 failed");
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    out += kDigits[digest[i] >> 4];
    out += kDigits[digest[i] & 15];
  }
  return out;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.hex();
}

std::string sha256_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error(Code::data_unreadable, "cannot read the file").at(path.string());
  Sha256 hash;
  std::vector<char> buffer(1 << 20);
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    hash.update(buffer.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) throw Error(Code::data_unreadable, "reading failed").at(path.string());
  return hash.hex();
}

}  // namespace scar
