#pragma once

#include <cstdint>
#include <optional>

namespace scar::ingest {

/// The signal formats of signal(5) of the WFDB Applications Guide, as streams of samples: frame by frame, in each frame
/// the signals of the file in the order of the header.
///   8    first differences, 8 bit, two's complement (the caller adds them up, signal by signal)
///   16   16 bit, low byte first          61   the same, high byte first          160  the same as 16, offset binary
///   80   8 bit, offset binary            24   24 bit, low byte first             32   32 bit, low byte first
///   212  two samples of 12 bits in three bytes
///   310  three samples of 10 bits in four bytes, the third in the top bits of two 16-bit words
///   311  three samples of 10 bits in four bytes, one after the other in a 32-bit word
[[nodiscard]] bool format_known(int format);

/// The value that marks a sample which was not measured; nothing for format 8, which has none.
[[nodiscard]] std::optional<std::int32_t> format_sentinel(int format);

/// Bytes of a stream of `count` samples. Where the last group of a packed format is not full, writers pad differently:
/// at least `least`, at most `most`.
struct StreamBytes {
  std::int64_t least, most;
};
[[nodiscard]] StreamBytes stream_bytes(int format, std::int64_t count);
/// The most samples that a stream of so many bytes can hold.
[[nodiscard]] std::int64_t stream_samples(int format, std::int64_t bytes);

/// Samples that may be decoded on their own: a stream can be cut into pieces of a multiple of this.
constexpr std::int64_t kStreamUnit = 6;

/// Decodes `count` samples, of which the first is at `bytes`. Reads stream_bytes(format, count).least bytes.
void decode_stream(int format, const unsigned char* bytes, std::int64_t count, std::int32_t* out);

}  // namespace scar::ingest
