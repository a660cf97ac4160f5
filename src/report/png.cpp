#include <cmath>
#include <cstdint>
#include <string>

#include "png_file.h"
#include "raster.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/report/drawing.h"
#include "stroke_font.h"

namespace scar::report {

namespace {

struct ElementPainter {
  Raster& raster;
  void operator()(const Words& words) const { raster.paint(stroke_text(words)); }
  void operator()(const auto& shape) const { raster.paint(shape); }
};

}  // namespace

std::string to_png(const Drawing& drawing, int dpi) {
  if (dpi < kLowestDpi || dpi > kHighestDpi) {
    throw Error(Code::out_of_range, "the resolution of a PNG figure is out of range")
        .got(cat(dpi, " dpi"))
        .wanted(cat(kLowestDpi, " to ", kHighestDpi));
  }
  // The whole number that the file can state is the one that is painted, so that both agree exactly.
  const auto pixels_per_metre = static_cast<std::uint32_t>(std::lround(dpi / 0.0254));
  const double scale = pixels_per_metre / 1000.0;
  const auto width = static_cast<std::int64_t>(std::ceil(drawing.width * scale));
  const auto height = static_cast<std::int64_t>(std::ceil(drawing.height * scale));
  if (width * height > kMostPixels) {
    throw Error(Code::out_of_range, "the figure has too many pixels")
        .got(cat(width, " x ", height, " at ", dpi, " dpi"))
        .wanted(cat("at most ", kMostPixels))
        .hint("choose a lower resolution, or SVG");
  }
  Raster raster(width, height, scale);
  for (const auto& element : drawing.elements) std::visit(ElementPainter{raster}, element.what);
  return png_file(raster.rgb().data(), width, height, pixels_per_metre);
}

}  // namespace scar::report
