#include "wfdb_formats.h"

#include <bit>
#include <cassert>
#include <cstring>

namespace scar::ingest {

namespace {

static_assert(std::endian::native == std::endian::little, "samples are copied low byte first");

template <int kBits>
std::int32_t sign_extend(std::uint32_t value) {
  return static_cast<std::int32_t>(value << (32 - kBits)) >> (32 - kBits);
}

template <class T>
T load(const unsigned char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

// Each sample by itself, `kStep` bytes apart.
template <std::int64_t kStep, class Decode>
void each(const unsigned char* bytes, std::int64_t count, std::int32_t* out, Decode decode) {
  for (std::int64_t i = 0; i < count; ++i) out[i] = decode(bytes + i * kStep);
}

void decode_212(const unsigned char* b, std::int64_t count, std::int32_t* out) {
  for (; count >= 2; count -= 2, b += 3, out += 2) {
    out[0] = sign_extend<12>(b[0] | (b[1] & 0x0FU) << 8);
    out[1] = sign_extend<12>(b[2] | (b[1] & 0xF0U) << 4);
  }
  if (count == 1) out[0] = sign_extend<12>(b[0] | (b[1] & 0x0FU) << 8);
}

void decode_310(const unsigned char* b, std::int64_t count, std::int32_t* out) {
  for (; count > 0; count -= 3, b += 4, out += 3) {
    const std::uint32_t first = load<std::uint16_t>(b);
    out[0] = sign_extend<10>(first >> 1 & 0x3FFU);
    if (count == 1) return;
    const std::uint32_t second = load<std::uint16_t>(b + 2);
    out[1] = sign_extend<10>(second >> 1 & 0x3FFU);
    if (count == 2) return;
    out[2] = sign_extend<10>(first >> 11 | (second >> 11) << 5);
  }
}

void decode_311(const unsigned char* b, std::int64_t count, std::int32_t* out) {
  for (; count > 0; count -= 3, b += 4, out += 3) {
    const std::int64_t here = count < 3 ? count : 3;
    std::uint32_t word = 0;
    std::memcpy(&word, b, static_cast<std::size_t>(here == 3 ? 4 : here + 1));
    for (std::int64_t i = 0; i < here; ++i) out[i] = sign_extend<10>(word >> (10 * i) & 0x3FFU);
  }
}

}  // namespace

bool format_known(int format) {
  switch (format) {
    case 8:
    case 16:
    case 24:
    case 32:
    case 61:
    case 80:
    case 160:
    case 212:
    case 310:
    case 311:
      return true;
    default:
      return false;
  }
}

std::optional<std::int32_t> format_sentinel(int format) {
  switch (format) {
    case 80:
      return -(1 << 7);
    case 310:
    case 311:
      return -(1 << 9);
    case 212:
      return -(1 << 11);
    case 16:
    case 61:
    case 160:
      return -(1 << 15);
    case 24:
      return -(1 << 23);
    case 32:
      return INT32_MIN;
    default:
      return std::nullopt;
  }
}

StreamBytes stream_bytes(int format, std::int64_t count) {
  const auto exactly = [](std::int64_t bytes) { return StreamBytes{bytes, bytes}; };
  switch (format) {
    case 8:
    case 80:
      return exactly(count);
    case 24:
      return exactly(3 * count);
    case 32:
      return exactly(4 * count);
    case 212:
      return {count / 2 * 3 + count % 2 * 2, (count + 1) / 2 * 3};
    case 310:
      return {count / 3 * 4 + count % 3 * 2, (count + 2) / 3 * 4};
    case 311:
      return {count / 3 * 4 + (count % 3 == 0 ? 0 : count % 3 + 1), (count + 2) / 3 * 4};
    default:
      return exactly(2 * count);
  }
}

std::int64_t stream_samples(int format, std::int64_t bytes) {
  switch (format) {
    case 8:
    case 80:
      return bytes;
    case 24:
      return bytes / 3;
    case 32:
      return bytes / 4;
    case 212:
      return bytes / 3 * 2 + (bytes % 3 == 2 ? 1 : 0);
    case 310:
      return bytes / 4 * 3 + bytes % 4 / 2;
    case 311:
      return bytes / 4 * 3 + (bytes % 4 > 1 ? bytes % 4 - 1 : 0);
    default:
      return bytes / 2;
  }
}

void decode_stream(int format, const unsigned char* bytes, std::int64_t count, std::int32_t* out) {
  using Bytes = const unsigned char*;
  switch (format) {
    case 8:
      return each<1>(bytes, count, out, [](Bytes b) { return std::int32_t{load<std::int8_t>(b)}; });
    case 80:
      return each<1>(bytes, count, out, [](Bytes b) { return std::int32_t{*b} - 128; });
    case 16:
      return each<2>(bytes, count, out, [](Bytes b) { return std::int32_t{load<std::int16_t>(b)}; });
    case 61:
      return each<2>(bytes, count, out, [](Bytes b) { return sign_extend<16>(b[1] | std::uint32_t{b[0]} << 8); });
    case 160:
      return each<2>(bytes, count, out, [](Bytes b) { return std::int32_t{load<std::uint16_t>(b)} - 32768; });
    case 24:
      return each<3>(bytes, count, out,
                     [](Bytes b) { return sign_extend<24>(load<std::uint16_t>(b) | std::uint32_t{b[2]} << 16); });
    case 32:
      return each<4>(bytes, count, out, [](Bytes b) { return load<std::int32_t>(b); });
    case 212:
      return decode_212(bytes, count, out);
    case 310:
      return decode_310(bytes, count, out);
    case 311:
      return decode_311(bytes, count, out);
    default:
      assert(false && "format_known says which formats there are");
  }
}

}  // namespace scar::ingest
