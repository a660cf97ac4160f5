#include "stroke_font.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "scar/core/utf8.h"

namespace scar::report {

namespace {

/// Letters are drawn in a grid of digits: x from 0 to the width, y from 0 (lowest descender) over 2 (base line), 6 (height
/// of x) and 8 (capitals) to 9. `strokes`: pairs "xy"; '|' lifts the pen; 'h' or 'v' before a pair makes the way to it a
/// quarter of an ellipse that leaves horizontally or vertically.
struct Glyph {
  char32_t character;
  int width;
  const char* strokes;
};

constexpr Glyph kUnknown = {0, 4, "02 08 48 42 02"};

constexpr std::array kGlyphs = {
    Glyph{' ', 2, ""},
    Glyph{'!', 0, "08 04|02"},
    Glyph{'"', 2, "08 06|28 26"},
    Glyph{'#', 4, "12 18|32 38|04 44|06 46"},
    Glyph{'$', 4, "47 v38 18 h07 06 v15 35 h44 43 v32 12 h03|29 21"},
    Glyph{'%', 6, "02 68|18 h07 v16 h27 v18|54 h43 v52 h63 v54"},
    Glyph{'&', 5, "52 16 17 v28 h37 36 v25 15 h04 03 v12 32 h54"},
    Glyph{'\'', 0, "08 06"},
    Glyph{'(', 2, "29 h06 04 v21"},
    Glyph{')', 2, "09 h26 24 v01"},
    Glyph{'*', 4, "28 24|07 45|05 47"},
    Glyph{'+', 4, "23 27|05 45"},
    Glyph{',', 1, "12 01"},
    Glyph{'-', 3, "05 35"},
    Glyph{'.', 0, "02"},
    Glyph{'/', 3, "01 38"},
    Glyph{'0', 4, "28 h06 04 v22 h44 46 v28"},
    Glyph{'1', 4, "16 28 22|12 32"},
    Glyph{'2', 4, "06 07 v18 38 h47 46 v35 02 42"},
    Glyph{'3', 4, "07 v18 38 h47 46 v35 15|35 h44 43 v32 12 h03"},
    Glyph{'4', 4, "32 38 04 44"},
    Glyph{'5', 4, "48 08 05 35 h44 43 v32 12 h03"},
    Glyph{'6', 4, "47 v38 28 h06 03 v12 32 h43 44 v35 15 h04"},
    Glyph{'7', 4, "08 48 12"},
    Glyph{'8', 4, "15 h06 07 v18 38 h47 46 v35 15 h04 03 v12 32 h43 44 v35"},
    Glyph{'9', 4, "03 v12 22 h44 47 v38 18 h07 06 v15 35 h46"},
    Glyph{':', 0, "06|02"},
    Glyph{';', 1, "16|12 01"},
    Glyph{'<', 4, "47 05 43"},
    Glyph{'=', 4, "04 44|06 46"},
    Glyph{'>', 4, "07 45 03"},
    Glyph{'?', 4, "06 07 v18 38 h47 46 v24|22"},
    Glyph{'@', 6, "52 22 h04 06 v28 48 h66 64 v53 h44 46 36 h25 24 v33 h44"},
    Glyph{'A', 4, "02 28 42|14 34"},
    Glyph{'B', 4, "02 08 28 h47 46 v35 05|35 h44 43 v32 02"},
    Glyph{'C', 4, "47 v38 28 h06 04 v22 32 h43"},
    Glyph{'D', 4, "02 08 18 h46 44 v12 02"},
    Glyph{'E', 4, "48 08 02 42|05 35"},
    Glyph{'F', 4, "48 08 02|05 35"},
    Glyph{'G', 4, "47 v38 28 h06 04 v22 42 45 25"},
    Glyph{'H', 4, "02 08|42 48|05 45"},
    Glyph{'I', 0, "02 08"},
    Glyph{'J', 3, "38 34 v12 h03"},
    Glyph{'K', 4, "02 08|48 05 42"},
    Glyph{'L', 4, "08 02 42"},
    Glyph{'M', 6, "02 08 34 68 62"},
    Glyph{'N', 4, "02 08 42 48"},
    Glyph{'O', 4, "28 h06 04 v22 h44 46 v28"},
    Glyph{'P', 4, "02 08 28 h47 46 v25 05"},
    Glyph{'Q', 4, "28 h06 04 v22 h44 46 v28|24 42"},
    Glyph{'R', 4, "02 08 28 h47 46 v25 05|25 42"},
    Glyph{'S', 4, "47 v38 18 h07 06 v15 35 h44 43 v32 12 h03"},
    Glyph{'T', 4, "08 48|28 22"},
    Glyph{'U', 4, "08 04 v22 h44 48"},
    Glyph{'V', 4, "08 22 48"},
    Glyph{'W', 6, "08 12 36 52 68"},
    Glyph{'X', 4, "02 48|08 42"},
    Glyph{'Y', 4, "08 25 48|25 22"},
    Glyph{'Z', 4, "08 48 02 42"},
    Glyph{'[', 2, "29 09 01 21"},
    Glyph{'\\', 3, "08 31"},
    Glyph{']', 2, "09 29 21 01"},
    Glyph{'^', 4, "06 28 46"},
    Glyph{'_', 4, "01 41"},
    Glyph{'`', 1, "08 17"},
    Glyph{'a', 4, "05 v16 26 h45 42|44 24 14 h03 v12 22 h43"},
    Glyph{'b', 4, "08 02|04 v26 h44 v22 h04"},
    Glyph{'c', 3, "35 v26 16 h05 03 v12 22 h33"},
    Glyph{'d', 4, "48 42|44 v26 h04 v22 h44"},
    Glyph{'e', 4, "04 44 v26 h04 v22 32 h43"},
    Glyph{'f', 3, "38 28 h17 12|06 36"},
    Glyph{'g', 4, "46 41 v30 10 h01|44 v26 h04 v22 h44"},
    Glyph{'h', 4, "08 02|04 v26 h44 42"},
    Glyph{'i', 0, "06 02|08"},
    Glyph{'j', 1, "16 11 v00|18"},
    Glyph{'k', 3, "08 02|36 04 32"},
    Glyph{'l', 1, "08 03 v12"},
    Glyph{'m', 6, "06 02|04 v26 h34 32|34 v46 h64 62"},
    Glyph{'n', 4, "06 02|04 v26 h44 42"},
    Glyph{'o', 4, "26 h04 v22 h44 v26"},
    Glyph{'p', 4, "06 00|04 v26 h44 v22 h04"},
    Glyph{'q', 4, "46 40|44 v26 h04 v22 h44"},
    Glyph{'r', 2, "06 02|04 v26"},
    Glyph{'s', 3, "35 v26 16 h05 v14 24 h33 v22 12 h03"},
    Glyph{'t', 3, "18 13 v22 32|06 36"},
    Glyph{'u', 4, "06 04 v22 h44|46 42"},
    Glyph{'v', 4, "06 22 46"},
    Glyph{'w', 6, "06 12 35 52 66"},
    Glyph{'x', 3, "02 36|06 32"},
    Glyph{'y', 4, "06 22|46 22 10 00"},
    Glyph{'z', 3, "06 36 02 32"},
    Glyph{'{', 2, "29 h18 16 v05 h14 12 v21"},
    Glyph{'|', 0, "09 01"},
    Glyph{'}', 2, "09 h18 16 v25 h14 12 v01"},
    Glyph{'~', 4, "05 v16 h25 v34 h45"},
    Glyph{U'°', 2, "18 h07 v16 h27 v18"},
    Glyph{U'±', 4, "24 28|06 46|02 42"},
    Glyph{U'µ', 4, "06 00|04 v22 h44|46 42"},
    Glyph{U'μ', 4, "06 00|04 v22 h44|46 42"},
    Glyph{U'·', 0, "05"},
    Glyph{U'×', 4, "03 47|07 43"},
    Glyph{U'–', 4, "05 45"},
    Glyph{U'…', 6, "02|32|62"},
    Glyph{U'≥', 4, "08 46 04|02 42"},
    Glyph{U'≤', 4, "48 06 44|02 42"},
    Glyph{U'Ä', 4, "02 27 42|14 34|19|39"},
    Glyph{U'Ö', 4, "27 h05 04 v22 h44 45 v27|19|39"},
    Glyph{U'Ü', 4, "07 04 v22 h44 47|19|39"},
    Glyph{U'ä', 4, "05 v16 26 h45 42|44 24 14 h03 v12 22 h43|18|38"},
    Glyph{U'ö', 4, "26 h04 v22 h44 v26|18|38"},
    Glyph{U'ü', 4, "06 04 v22 h44|46 42|18|38"},
    Glyph{U'ß', 4, "02 07 v18 28 h37 v25 h44 43 v32 22"},
    Glyph{U'é', 4, "04 44 v26 h04 v22 32 h43|27 38"},
    Glyph{U'è', 4, "04 44 v26 h04 v22 32 h43|27 18"},
};

// Of the grid, in heights of the font: as wide as common sans-serif fonts, capitals 0.72 high.
constexpr double kUnitX = 0.105, kUnitY = 0.12, kGap = 0.19;
constexpr double kDot = 0.022;  // a dot is a ring of this radius: as wide as the pen alone it would be lost
constexpr int kBaseLine = 2;

const Glyph& glyph_of(char32_t character) {
  for (const auto& glyph : kGlyphs) {
    if (glyph.character == character) return glyph;
  }
  return kUnknown;
}

/// The characters of well-formed UTF-8; a byte that is no text is U+FFFD.
std::vector<char32_t> characters_of(std::string_view text) {
  std::vector<char32_t> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto length = utf8_sequence_length(text, at);
    const auto first = static_cast<unsigned char>(text[at]);
    char32_t character = length == 1 ? first : first & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i)
      character = character << 6U | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
    out.push_back(length == 0 ? 0xFFFD : character);
    at += length == 0 ? 1 : length;
  }
  return out;
}

void add_quarter(std::vector<Point>& run, Point to, bool leaves_horizontally) {
  constexpr int kPieces = 6;
  const auto from = run.back();
  for (int i = 1; i <= kPieces; ++i) {
    const double angle = std::numbers::pi / 2 * i / kPieces;
    const double ahead = std::sin(angle), aside = 1 - std::cos(angle);
    run.push_back({from.x + (to.x - from.x) * (leaves_horizontally ? ahead : aside),
                   from.y + (to.y - from.y) * (leaves_horizontally ? aside : ahead)});
  }
}

std::vector<Point> ring(Point middle, double radius) {
  return {{middle.x + radius, middle.y},
          {middle.x, middle.y + radius},
          {middle.x - radius, middle.y},
          {middle.x, middle.y - radius},
          {middle.x + radius, middle.y}};
}

void add_glyph(Strokes& out, const Glyph& glyph, Point at, double size) {
  char way = 0;
  bool pen_down = false;
  for (const char* c = glyph.strokes; *c != 0; ++c) {
    if (*c == 'h' || *c == 'v') {
      way = *c;
    } else if (*c == '|') {
      pen_down = false;
    } else if (*c != ' ') {
      const Point to{at.x + (*c - '0') * kUnitX * size, at.y - (c[1] - '0' - kBaseLine) * kUnitY * size};
      ++c;
      if (!pen_down)
        out.runs.push_back({to});
      else if (way != 0)
        add_quarter(out.runs.back(), to, way == 'h');
      else
        out.runs.back().push_back(to);
      pen_down = true;
      way = 0;
    }
  }
}

}  // namespace

double stroke_text_width(std::string_view text) {
  double width = 0;
  for (const auto character : characters_of(text)) width += glyph_of(character).width * kUnitX + kGap;
  return width;
}

Strokes stroke_text(const Words& words) {
  Strokes out{{}, words.size * (words.bold ? kBoldPen : kPen), words.colour};
  auto at = words.at;
  const double width = stroke_text_width(words.text) * words.size;
  if (words.anchor == Anchor::middle) at.x -= width / 2;
  if (words.anchor == Anchor::end) at.x -= width;
  at.x += kGap / 2 * words.size;
  for (const auto character : characters_of(words.text)) {
    const auto& glyph = glyph_of(character);
    add_glyph(out, glyph, at, words.size);
    at.x += (glyph.width * kUnitX + kGap) * words.size;
  }
  for (auto& run : out.runs) {
    if (run.size() == 1) run = ring(run[0], kDot * words.size);
  }
  return out;
}

}  // namespace scar::report
