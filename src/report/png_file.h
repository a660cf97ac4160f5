#pragma once

#include <cstdint>
#include <string>

namespace scar::report {

/// The bytes of a PNG file. rgb [height, width, 3]. No time stamp, so the same pixels give the same bytes. Errors:
/// out_of_memory.
[[nodiscard]] std::string png_file(const std::uint8_t* rgb, std::int64_t width, std::int64_t height,
                                   std::uint32_t pixels_per_metre);

}  // namespace scar::report
