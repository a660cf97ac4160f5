#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

/// A figure as a list of what is painted, one thing over the other, in millimetres from the upper left corner. Two writers
/// make the same figure of it: to_svg() and to_png().
namespace scar::report {

struct Point {
  double x = 0, y = 0;
};

struct Colour {
  std::uint8_t red = 0, green = 0, blue = 0;
  [[nodiscard]] bool operator==(const Colour&) const = default;
};

/// Lines of one pen, with round ends and joins. Each run is a polyline; one point alone is a dot.
struct Strokes {
  std::vector<std::vector<Point>> runs;
  double width = 0.3;
  Colour colour;
};

/// A filled rectangle.
struct Box {
  double x = 0, y = 0, width = 0, height = 0;
  Colour colour;
};

enum class Anchor { start, middle, end };

/// One line of text, UTF-8. Bytes that are no text are shown as U+FFFD.
struct Words {
  Point at;         // on the base line
  double size = 3;  // height of the font; capitals are 0.72 of it
  std::string text;
  Anchor anchor = Anchor::start;
  bool bold = false;
  Colour colour;
};

struct Element {
  std::string role;  // what it shows, letters and '-': class "ecg-<role>" in SVG
  std::variant<Strokes, Box, Words> what;
};

struct Drawing {
  double width = 0, height = 0;
  std::string title, description;  // for those who do not see it
  std::vector<Element> elements;   // the last one is on top
};

/// One <svg> element with width and height in mm: a file of its own, or a part of an HTML page. Self-contained: no ids, no
/// style sheet, no script, no reference. Coordinates are rounded to 0.01 mm. The same drawing gives the same bytes.
[[nodiscard]] std::string to_svg(const Drawing& drawing);

constexpr int kLowestDpi = 36, kHighestDpi = 1200;
constexpr std::int64_t kMostPixels = 200'000'000;

/// The bytes of a PNG file, 8 bit RGB, whose pHYs chunk tells the scale: round(dpi / 0.0254) pixels per metre, and just so
/// many are painted. Text in an own stroke font: ASCII, Latin umlauts and a few signs; any other character is a box. The
/// same drawing gives the same bytes. Errors: out_of_range (dpi, or more than kMostPixels).
[[nodiscard]] std::string to_png(const Drawing& drawing, int dpi);

}  // namespace scar::report
