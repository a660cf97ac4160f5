#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scar/report/drawing.h"

/// Charts of figures with intervals. Colours are distinguishable with every kind of colour vision (Okabe and Ito, 2008), and
/// every series has its name at its end, so that no colour has to be looked up.
namespace scar::report {

struct Whisker {
  double low = 0, high = 0;
};

struct Curve {
  std::string name;
  std::vector<Point> points;              // in units of the axes, x ascending
  std::vector<std::optional<Whisker>> y;  // intervals; empty or one per point
};

struct Axis {
  std::string title;
  double low = 0, high = 1;
  std::vector<double> ticks;
};
/// From a little below the smallest to a little above the largest value, within [least, most], with four to eight round
/// ticks.
[[nodiscard]] Axis axis_of(std::string title, double smallest, double largest, double least, double most);

/// Lines over a number, 165 x 85 mm.
[[nodiscard]] Drawing line_chart(const std::string& title, const Axis& x, const Axis& y,
                                 const std::vector<Curve>& curves);

struct Dot {
  std::string name;
  double value = 0;
  std::optional<Whisker> interval;
};
/// One line per value with its interval, names at the left, the largest number of lines decides the height. `mark`: a
/// vertical line, for chance or for the whole.
[[nodiscard]] Drawing dot_chart(const std::string& title, const Axis& x, const std::vector<Dot>& dots,
                                std::optional<double> mark);

}  // namespace scar::report
