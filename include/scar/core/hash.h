#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace scar {

[[nodiscard]] std::uint64_t xxh3(const void* bytes, std::size_t size);  // XXH3, 64 bits, seed 0
[[nodiscard]] std::string sha256_hex(std::string_view bytes);
[[nodiscard]] std::string sha256_file(const std::filesystem::path& path);  // throws data_unreadable

/// SHA-256 of a stream of pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(const void* bytes, std::size_t size);
  void update(std::string_view bytes) { update(bytes.data(), bytes.size()); }
  [[nodiscard]] std::string hex();  // ends the stream

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace scar
