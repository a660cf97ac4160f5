#include "raster.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace scar::report {

namespace {

/// A coordinate as a row or column of pixels, within 0 .. size.
std::int64_t within(double at, std::int64_t size) {
  return static_cast<std::int64_t>(std::clamp(at, 0.0, static_cast<double>(size)));
}

}  // namespace

Raster::Raster(std::int64_t width, std::int64_t height, double scale)
    : width_(width),
      height_(height),
      scale_(scale),
      rgb_(static_cast<std::size_t>(width * height * 3), 255),
      coverage_(static_cast<std::size_t>(width * height), 0.0F) {}

void Raster::blend(std::int64_t pixel, Colour colour, double share) {
  auto* to = rgb_.data() + pixel * 3;
  const auto mix = [share](std::uint8_t under, std::uint8_t over) {
    return static_cast<std::uint8_t>(std::lround(under + (over - under) * share));
  };
  to[0] = mix(to[0], colour.red);
  to[1] = mix(to[1], colour.green);
  to[2] = mix(to[2], colour.blue);
}

/// With edges between pixels: what lies under two neighbours must not shine through where they meet.
void Raster::paint(const Box& box) {
  const auto edge = [this](double mm, std::int64_t size) { return within(std::round(mm * scale_), size); };
  const auto right = edge(box.x + box.width, width_), bottom = edge(box.y + box.height, height_);
  for (auto y = edge(box.y, height_); y < bottom; ++y) {
    for (auto x = edge(box.x, width_); x < right; ++x) blend(y * width_ + x, box.colour, 1);
  }
}

/// The share of a pixel under the pen, from the distance of its middle to the segment: exact for lines along the axes.
void Raster::cover_segment(Point a, Point b, double half_width, Area& touched) {
  const double reach = half_width + 0.5, most = std::min(1.0, 2 * half_width);
  const double along_x = b.x - a.x, along_y = b.y - a.y, square = along_x * along_x + along_y * along_y;
  const Area area{
      within(std::floor(std::min(a.x, b.x) - reach), width_), within(std::ceil(std::max(a.x, b.x) + reach), width_),
      within(std::floor(std::min(a.y, b.y) - reach), height_), within(std::ceil(std::max(a.y, b.y) + reach), height_)};
  for (auto y = area.top; y < area.bottom; ++y) {
    for (auto x = area.left; x < area.right; ++x) {
      const double from_x = static_cast<double>(x) + 0.5 - a.x, from_y = static_cast<double>(y) + 0.5 - a.y;
      const double part = square > 0 ? std::clamp((from_x * along_x + from_y * along_y) / square, 0.0, 1.0) : 0.0;
      const double distance = std::hypot(from_x - part * along_x, from_y - part * along_y);
      auto& coverage = coverage_[static_cast<std::size_t>(y * width_ + x)];
      coverage = std::max(coverage, static_cast<float>(std::clamp(reach - distance, 0.0, most)));
    }
  }
  touched = {std::min(touched.left, area.left), std::max(touched.right, area.right), std::min(touched.top, area.top),
             std::max(touched.bottom, area.bottom)};
}

void Raster::paint(const Strokes& strokes) {
  Area touched{width_, 0, height_, 0};
  const auto pixel = [this](Point mm) { return Point{mm.x * scale_, mm.y * scale_}; };
  for (const auto& run : strokes.runs) {
    if (run.size() == 1) cover_segment(pixel(run[0]), pixel(run[0]), strokes.width * scale_ / 2, touched);
    for (std::size_t i = 1; i < run.size(); ++i)
      cover_segment(pixel(run[i - 1]), pixel(run[i]), strokes.width * scale_ / 2, touched);
  }
  for (auto y = touched.top; y < touched.bottom; ++y) {
    for (auto x = touched.left; x < touched.right; ++x) {
      auto& coverage = coverage_[static_cast<std::size_t>(y * width_ + x)];
      if (coverage > 0) blend(y * width_ + x, strokes.colour, coverage);
      coverage = 0;
    }
  }
}

}  // namespace scar::report
