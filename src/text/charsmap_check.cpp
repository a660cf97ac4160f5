#include "charsmap_check.h"

#include <cstddef>
#include <cstdint>
#include <functional>

#include "scar/core/cat.h"

namespace scar::text {

namespace {

constexpr std::uint64_t kNormalizer = 3, kDenormalizer = 5;  // fields of sentencepiece's ModelProto
constexpr std::uint64_t kCharsmap = 2;                       // field of its NormalizerSpec

bool read_varint(std::string_view& rest, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !rest.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

/// Calls `visit` with each length-delimited field of a protobuf message; stops quietly where the bytes make no sense.
void each_field(std::string_view rest, const std::function<void(std::uint64_t, std::string_view)>& visit) {
  while (!rest.empty()) {
    std::uint64_t key = 0, size = 0;
    if (!read_varint(rest, key)) return;
    switch (key & 7U) {
      case 0:
        if (!read_varint(rest, size)) return;
        break;
      case 1:
      case 5: {
        const std::size_t fixed = (key & 7U) == 1 ? 8 : 4;
        if (rest.size() < fixed) return;
        rest.remove_prefix(fixed);
        break;
      }
      case 2:
        if (!read_varint(rest, size) || size > rest.size()) return;
        visit(key >> 3, rest.substr(0, static_cast<std::size_t>(size)));
        rest.remove_prefix(static_cast<std::size_t>(size));
        break;
      default:
        return;
    }
  }
}

std::uint32_t little_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t k = 4; k-- > 0;) value = (value << 8) | static_cast<unsigned char>(bytes[at + k]);
  return value;
}

/// Layout: 4 bytes size of the array in bytes, the array, then texts that end in NUL.
std::string table_problem(std::string_view table) {
  if (table.empty()) return {};
  if (table.size() < 4) return "shorter than its own size field";
  const std::size_t bytes = little_endian(table, 0);
  if (bytes < 1024 || bytes % 1024 != 0 || bytes >= table.size() - 4) return cat("an array of ", bytes, " bytes");
  if (table.back() != '\0') return "texts without an end";
  const auto array = table.substr(4, bytes);
  const std::size_t units = bytes / 4;
  for (std::size_t id = 0; id < units; ++id) {
    const std::uint32_t unit = little_endian(array, id * 4);
    if ((unit >> 31) != 0) continue;  // a value: a walk ends here
    const std::uint32_t offset = (unit >> 10) << ((unit & (1U << 9)) >> 6);
    const std::size_t last = (id ^ offset) | 0xFFU;  // the farthest of the 256 units a walk can go to from here
    if (last >= units) return cat("unit ", id, " points at ", last, " of ", units);
  }
  return {};
}

}  // namespace

std::string charsmap_problem(std::string_view model) {
  std::string problem;
  each_field(model, [&problem](std::uint64_t field, std::string_view message) {
    if (field != kNormalizer && field != kDenormalizer) return;
    each_field(message, [&problem](std::uint64_t inner, std::string_view table) {
      if (inner == kCharsmap && problem.empty()) problem = table_problem(table);
    });
  });
  return problem;
}

}  // namespace scar::text
