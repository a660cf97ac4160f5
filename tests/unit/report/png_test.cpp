#include <gtest/gtest.h>
#include <png.h>

#include <cstring>

#include "ecg_example.h"
#include "scar/core/error.h"
#include "scar/report/ecg_plot.h"

namespace scar::report {
namespace {

struct Pixels {
  explicit Pixels(const std::string& file) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    if (png_image_begin_read_from_memory(&image, file.data(), file.size()) == 0)
      throw std::runtime_error(image.message);
    image.format = PNG_FORMAT_RGB;
    rgb.resize(PNG_IMAGE_SIZE(image));
    width = image.width;
    height = image.height;
    if (png_image_finish_read(&image, nullptr, rgb.data(), 0, nullptr) == 0) throw std::runtime_error(image.message);
  }
  [[nodiscard]] Colour at(std::size_t x, std::size_t y) const {
    const auto* pixel = rgb.data() + (y * width + x) * 3;
    return {pixel[0], pixel[1], pixel[2]};
  }
  /// Of the dark strokes in a rectangle of mm: their middle across `vertical` lines or horizontal ones, in mm.
  [[nodiscard]] double middle(double left, double right, double top, double bottom, bool vertical, double scale) const {
    double sum = 0, weight = 0;
    for (auto y = static_cast<std::size_t>(top * scale); y < static_cast<std::size_t>(bottom * scale); ++y) {
      for (auto x = static_cast<std::size_t>(left * scale); x < static_cast<std::size_t>(right * scale); ++x) {
        const double dark = std::max(0, 235 - at(x, y).red);  // the grid is no darker
        sum += dark * (static_cast<double>(vertical ? x : y) + 0.5);
        weight += dark;
      }
    }
    return sum / weight / scale;
  }
  std::vector<std::uint8_t> rgb;
  std::size_t width = 0, height = 0;
};

/// Pixels per metre along x, as the file says it.
std::uint32_t stated_resolution(const std::string& file) {
  const auto at = file.find("pHYs");
  if (at == std::string::npos) return 0;
  std::uint32_t value = 0;
  for (std::size_t i = 4; i < 8; ++i) value = value << 8U | static_cast<unsigned char>(file[at + i]);
  EXPECT_EQ(file.substr(at + 4, 4), file.substr(at + 8, 4));
  EXPECT_EQ(file[at + 12], 1);  // per metre
  return value;
}

TEST(Png, ThePulseIsTenAndFiveMillimetresAtTheStatedResolution) {
  for (const int dpi : {100, 150, 300}) {
    const auto drawing = draw_ecg(flat_ecg(2));
    const auto file = to_png(drawing, dpi);
    const auto stated = stated_resolution(file);
    EXPECT_EQ(stated, std::lround(dpi / 0.0254));
    const double scale = stated / 1000.0;
    const Pixels pixels(file);
    EXPECT_EQ(pixels.width, std::ceil(drawing.width * scale));
    // Where the pulse of the first row stands, from the drawing.
    std::vector<Point> pulse;
    for (const auto& element : drawing.elements) {
      if (element.role == "calibration" && pulse.empty()) pulse = std::get<Strokes>(element.what).runs[0];
    }
    const double left = pulse[1].x, right = pulse[3].x, base = pulse[1].y, high = pulse[2].y;
    const double top = pixels.middle(left + 1, right - 1, high - 2, high + 2, false, scale);
    const double foot = pixels.middle(left - 1.2, left - 0.5, base - 2, base + 2, false, scale);
    EXPECT_NEAR(foot - top, 10, 10 * 0.005) << dpi;
    const double rise = pixels.middle(left - 2, left + 2, high + 3, base - 3, true, scale);
    const double fall = pixels.middle(right - 2, right + 2, high + 3, base - 3, true, scale);
    EXPECT_NEAR(fall - rise, 5, 5 * 0.005) << dpi;
  }
}

TEST(Png, PaintsWhatTheDrawingSaysLaterOnesOnTop) {
  Drawing drawing;
  drawing.width = drawing.height = 10;
  drawing.elements.push_back({"a", Box{2, 2, 4, 4, {200, 0, 0}}});
  drawing.elements.push_back({"b", Box{4, 4, 4, 4, {0, 0, 200}}});
  drawing.elements.push_back({"c", Strokes{{{{0, 9}, {10, 9}}}, 1, {0, 100, 0}}});
  const Pixels pixels(to_png(drawing, 254));  // 10 pixels per mm
  EXPECT_EQ(pixels.at(5, 5), (Colour{255, 255, 255}));
  EXPECT_EQ(pixels.at(30, 30), (Colour{200, 0, 0}));
  EXPECT_EQ(pixels.at(50, 50), (Colour{0, 0, 200}));
  EXPECT_EQ(pixels.at(70, 70), (Colour{0, 0, 200}));
  EXPECT_EQ(pixels.at(50, 90), (Colour{0, 100, 0}));
  EXPECT_EQ(pixels.at(50, 96), (Colour{255, 255, 255}));
}

TEST(Png, StrokesThatLeaveThePageAreCut) {
  Drawing drawing;
  drawing.width = drawing.height = 5;
  drawing.elements.push_back({"a", Strokes{{{{-1e6, 2}, {1e6, 3}}, {{-3, -3}}}, 0.5, {0, 0, 0}}});
  drawing.elements.push_back({"b", Box{-10, -10, 12, 11, {9, 9, 9}}});
  const Pixels pixels(to_png(drawing, 100));
  EXPECT_EQ(pixels.at(0, 0), (Colour{9, 9, 9}));
}

TEST(Png, ResolutionsAndSizesOutOfRangeAreRefused) {
  Drawing drawing;
  drawing.width = drawing.height = 100;
  EXPECT_THROW((void)to_png(drawing, 10), Error);
  EXPECT_THROW((void)to_png(drawing, 5000), Error);
  drawing.height = 100'000;
  EXPECT_THROW((void)to_png(drawing, 1200), Error);
}

}  // namespace
}  // namespace scar::report
