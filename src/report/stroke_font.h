#pragma once

#include <string_view>
#include <vector>

#include "scar/report/drawing.h"

namespace scar::report {

/// A single-line font for figures of pixels: printable ASCII, umlauts, sharp s and some signs. Letters are strokes for a
/// round pen; other characters are an empty box.
constexpr double kPen = 0.085, kBoldPen = 0.125;  // width of the pen, in heights of the font

/// Width of the text in heights of the font.
[[nodiscard]] double stroke_text_width(std::string_view text);

/// The strokes of a line of text, placed.
[[nodiscard]] Strokes stroke_text(const Words& words);

}  // namespace scar::report
