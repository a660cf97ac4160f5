#pragma once

#include <cmath>

#include "scar/report/drawing.h"

/// Colours and pens of an ECG figure, and the hatch that figure and legend share.
namespace scar::report {

constexpr Colour kHatch{120, 120, 120};
constexpr Colour kBlack{17, 17, 17}, kGrey{85, 85, 85}, kWhite{255, 255, 255};
constexpr Colour kThinGrid{247, 214, 214}, kHeavyGrid{235, 160, 160};
constexpr Colour kMissing{205, 205, 205}, kAbsent{230, 230, 230};
constexpr double kTracePen = 0.3, kThinPen = 0.1, kHeavyPen = 0.2, kHatchPen = 0.15;

/// Slanting lines through a rectangle; those of neighbours meet.
[[nodiscard]] Strokes hatch(double x, double y, double width, double height);

/// A number with at most so many decimals.
[[nodiscard]] inline double rounded(double value, int decimals) {
  const double unit = std::pow(10.0, decimals);
  return std::round(value * unit) / unit;
}

}  // namespace scar::report
