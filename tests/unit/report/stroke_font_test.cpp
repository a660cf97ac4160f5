#include "stroke_font.h"

#include <gtest/gtest.h>

namespace scar::report {
namespace {

std::vector<std::vector<Point>> strokes_of(const std::string& text) {
  return stroke_text(Words{{0, 0}, 1, text, Anchor::start, false, {}}).runs;
}

bool is_box(const std::string& text) {
  const auto runs = strokes_of(text), box = strokes_of("\xEF\xBF\xBD");
  if (runs.size() != box.size()) return false;
  for (std::size_t i = 0; i < runs[0].size() && i < box[0].size(); ++i) {
    if (runs[0][i].x != box[0][i].x || runs[0][i].y != box[0][i].y) return false;
  }
  return runs[0].size() == box[0].size();
}

TEST(StrokeFont, KnowsPrintableAsciiAndTheSignsOfFigures) {
  for (char c = '!'; c <= '~'; ++c) {
    EXPECT_FALSE(strokes_of(std::string(1, c)).empty()) << c;
    EXPECT_FALSE(is_box(std::string(1, c))) << c;
  }
  for (const auto* sign : {"µ", "±", "°", "×", "ä", "ö", "ü", "Ä", "Ö", "Ü", "ß", "…", "–"})
    EXPECT_FALSE(is_box(sign)) << sign;
}

TEST(StrokeFont, ShowsABoxForWhatItDoesNotKnow) {
  EXPECT_TRUE(is_box("心"));
  EXPECT_TRUE(is_box("\xFF"));
  EXPECT_EQ(strokes_of("心\xFF").size(), 2U);
}

TEST(StrokeFont, StaysInItsLine) {
  for (char c = '!'; c <= '~'; ++c) {
    const std::string text(1, c);
    for (const auto& run : strokes_of(text)) {
      for (const auto& point : run) {
        EXPECT_GE(point.x, 0) << c;
        EXPECT_LE(point.x, stroke_text_width(text)) << c;
        EXPECT_GE(point.y, -0.9) << c;
        EXPECT_LE(point.y, 0.3) << c;
      }
    }
  }
}

TEST(StrokeFont, AnchorsAtItsMiddleOrEnd) {
  const double width = 2 * stroke_text_width("V1");
  const auto left_of = [](Anchor anchor) {
    return stroke_text(Words{{50, 0}, 2, "V1", anchor, false, {}}).runs.front().front().x;
  };
  EXPECT_NEAR(left_of(Anchor::start) - left_of(Anchor::middle), width / 2, 1e-9);
  EXPECT_NEAR(left_of(Anchor::start) - left_of(Anchor::end), width, 1e-9);
}

}  // namespace
}  // namespace scar::report
