#pragma once

#include <cstdint>
#include <vector>

#include "scar/report/drawing.h"

namespace scar::report {

/// Pixels that strokes and boxes are painted on, over white, with smooth edges.
class Raster {
 public:
  /// Of width x height pixels; `scale` pixels are one millimetre.
  Raster(std::int64_t width, std::int64_t height, double scale);

  void paint(const Strokes& strokes);
  void paint(const Box& box);

  [[nodiscard]] std::int64_t width() const { return width_; }
  [[nodiscard]] std::int64_t height() const { return height_; }
  [[nodiscard]] const std::vector<std::uint8_t>& rgb() const { return rgb_; }  // [height, width, 3]

 private:
  /// Rows and columns from which a stroke may have left something in coverage_, [low, high).
  struct Area {
    std::int64_t left = 0, right = 0, top = 0, bottom = 0;
  };
  void cover_segment(Point a, Point b, double half_width, Area& touched);
  void blend(std::int64_t pixel, Colour colour, double share);

  std::int64_t width_, height_;
  double scale_;
  std::vector<std::uint8_t> rgb_;
  std::vector<float> coverage_;  // of the strokes at hand: a pixel that two of them share is painted once
};

}  // namespace scar::report
