#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include "scar/core/cat.h"
#include "scar/report/drawing.h"
#include "scar/report/markup.h"

namespace scar::report {

namespace {

/// Hundredths of a millimetre as the shortest decimal number: "12.5", "-.3" would save a byte, "-0.3" is read by all.
void append_mm(std::string& out, double mm) {
  auto hundredths = std::llround(mm * 100);
  if (hundredths < 0) out += '-';
  hundredths = std::abs(hundredths);
  out += cat(hundredths / 100);
  const auto rest = hundredths % 100;
  if (rest == 0) return;
  out += '.';
  out += static_cast<char>('0' + rest / 10);
  if (rest % 10 != 0) out += static_cast<char>('0' + rest % 10);
}

std::string in_mm(double mm) {
  std::string out;
  append_mm(out, mm);
  return out;
}

std::string hex(Colour colour) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string out = "#";
  for (const auto part : std::array{colour.red, colour.green, colour.blue}) {
    out += kDigits[part / 16];
    out += kDigits[part % 16];
  }
  return out;
}

const char* name_of(Anchor anchor) {
  switch (anchor) {
    case Anchor::middle:
      return "middle";
    case Anchor::end:
      return "end";
    default:
      return "start";
  }
}

struct ElementWriter {
  std::string& out;
  const std::string& role;

  void operator()(const Strokes& strokes) const {
    out += cat("<path class=\"ecg-", role, "\" fill=\"none\" stroke=\"", hex(strokes.colour), "\" stroke-width=\"",
               in_mm(strokes.width), "\" d=\"");
    for (const auto& run : strokes.runs) {
      char before = 'M';  // further pairs after an M are lines
      for (const auto& point : run) {
        out += before;
        append_mm(out, point.x);
        out += ' ';
        append_mm(out, point.y);
        before = ' ';
      }
      if (run.size() == 1) out += "h0";  // of length nothing, but with round ends
    }
    out += "\"/>\n";
  }

  void operator()(const Box& box) const {
    out += cat("<rect class=\"ecg-", role, "\" x=\"", in_mm(box.x), "\" y=\"", in_mm(box.y), "\" width=\"",
               in_mm(box.width), "\" height=\"", in_mm(box.height), "\" fill=\"", hex(box.colour),
               "\" shape-rendering=\"crispEdges\"/>\n");  // neighbours leave no gap
  }

  void operator()(const Words& words) const {
    out +=
        cat("<text class=\"ecg-", role, "\" x=\"", in_mm(words.at.x), "\" y=\"", in_mm(words.at.y), "\" font-size=\"",
            in_mm(words.size), "\" text-anchor=\"", name_of(words.anchor), "\" fill=\"", hex(words.colour), "\"",
            words.bold ? " font-weight=\"bold\"" : "", ">", escape_markup(words.text), "</text>\n");
  }
};

}  // namespace

std::string to_svg(const Drawing& drawing) {
  const auto width = in_mm(drawing.width), height = in_mm(drawing.height);
  auto out = cat("<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"", width, "mm\" height=\"", height,
                 "mm\" viewBox=\"0 0 ", width, " ", height,
                 "\" font-family=\"sans-serif\" stroke-linecap=\"round\" stroke-linejoin=\"round\">\n<title>",
                 escape_markup(drawing.title), "</title>\n<desc>", escape_markup(drawing.description), "</desc>\n");
  for (const auto& element : drawing.elements) std::visit(ElementWriter{out, element.role}, element.what);
  out += "</svg>\n";
  return out;
}

}  // namespace scar::report
