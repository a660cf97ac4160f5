#include "scar/report/charts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "scar/core/cat.h"

namespace scar::report {

namespace {

constexpr Colour kInk{28, 36, 48}, kGrey{120, 130, 142}, kFaint{226, 230, 235};
constexpr std::array<Colour, 7> kPalette = {
    {{0, 114, 178}, {213, 94, 0}, {0, 158, 115}, {204, 121, 167}, {86, 180, 233}, {230, 159, 0}, {70, 70, 70}}};
constexpr double kText = 3;

std::string tick_text(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.10g", std::abs(value) < 1e-12 ? 0 : value);
  return buffer;
}

void add_line(Drawing& drawing, const char* role, std::vector<Point> points, double width, Colour colour) {
  drawing.elements.push_back({role, Strokes{{std::move(points)}, width, colour}});
}

void add_text(Drawing& drawing, const char* role, Point at, const std::string& text, Anchor anchor, Colour colour,
              double size = kText, bool bold = false) {
  drawing.elements.push_back({role, Words{at, size, text, anchor, bold, colour}});
}

/// The plane between the axes, in millimetres.
struct Plane {
  double left, top, right, bottom;
  Axis x, y;
  [[nodiscard]] Point at(Point value) const {
    return {left + (value.x - x.low) / (x.high - x.low) * (right - left),
            bottom - (value.y - y.low) / (y.high - y.low) * (bottom - top)};
  }
};

void draw_x_axis(Drawing& drawing, const Plane& plane) {
  for (const double tick : plane.x.ticks) {
    const auto foot = plane.at({tick, plane.y.low});
    add_line(drawing, "grid", {foot, {foot.x, plane.top}}, .15, kFaint);
    add_text(drawing, "tick", {foot.x, plane.bottom + 4}, tick_text(tick), Anchor::middle, kGrey);
  }
  add_line(drawing, "axis", {{plane.left, plane.bottom}, {plane.right, plane.bottom}}, .25, kGrey);
  add_text(drawing, "axis-title", {(plane.left + plane.right) / 2, plane.bottom + 9}, plane.x.title, Anchor::middle,
           kInk);
}

}  // namespace

Axis axis_of(std::string title, double smallest, double largest, double least, double most) {
  const double span = std::max(largest - smallest, .02);
  Axis axis{std::move(title), std::max(least, smallest - .08 * span), std::min(most, largest + .08 * span), {}};
  if (!(axis.high > axis.low)) axis.high = axis.low + span;
  double step = std::pow(10, std::floor(std::log10((axis.high - axis.low) / 4)));
  for (const double factor : {5.0, 2.0}) {
    if ((axis.high - axis.low) / (step * factor) >= 4) {
      step *= factor;
      break;
    }
  }
  for (double tick = std::ceil(axis.low / step - 1e-9) * step; tick <= axis.high + 1e-9 * step; tick += step)
    axis.ticks.push_back(std::round(tick / step) * step);
  return axis;
}

Drawing line_chart(const std::string& title, const Axis& x, const Axis& y, const std::vector<Curve>& curves) {
  Drawing drawing{165, 85, title, cat(y.title, " over ", x.title), {}};
  const Plane plane{16, 10, 125, 72, x, y};
  add_text(drawing, "title", {plane.left, 5}, title, Anchor::start, kInk, 3.6, true);
  for (const double tick : y.ticks) {
    const auto at = plane.at({x.low, tick});
    add_line(drawing, "grid", {at, {plane.right, at.y}}, .15, kFaint);
    add_text(drawing, "tick", {plane.left - 1.5, at.y + 1}, tick_text(tick), Anchor::end, kGrey);
  }
  draw_x_axis(drawing, plane);
  add_text(drawing, "axis-title", {plane.left, 9}, y.title, Anchor::start, kGrey);
  struct Name {
    double y;
    std::string text;
    Colour colour;
  };
  std::vector<Name> names;
  for (std::size_t c = 0; c < curves.size(); ++c) {
    const auto colour = kPalette[c % kPalette.size()];
    const auto& curve = curves[c];
    std::vector<Point> points;
    const double aside =
        .5 * (static_cast<double>(c) - static_cast<double>(curves.size() - 1) / 2);  // bars side by side
    for (std::size_t i = 0; i < curve.points.size(); ++i) {
      points.push_back(plane.at(curve.points[i]));
      if (curve.y.empty() || !curve.y[i]) continue;
      const auto low = plane.at({curve.points[i].x, curve.y[i]->low}),
                 high = plane.at({curve.points[i].x, curve.y[i]->high});
      add_line(drawing, "interval", {{low.x + aside, low.y}, {high.x + aside, high.y}}, .25, colour);
    }
    if (points.empty()) continue;
    names.push_back({points.back().y, curve.name, colour});
    for (const auto& point : points) add_line(drawing, "point", {point}, 1.4, colour);
    add_line(drawing, "curve", std::move(points), .5, colour);
  }
  // Names stand at the ends of their curves, pushed apart where these are near.
  std::sort(names.begin(), names.end(), [](const Name& a, const Name& b) { return a.y < b.y; });
  for (std::size_t i = 1; i < names.size(); ++i) names[i].y = std::max(names[i].y, names[i - 1].y + 1.25 * kText);
  for (const auto& name : names)
    add_text(drawing, "name", {plane.right + 2.5, name.y + 1}, name.text, Anchor::start, name.colour, kText, true);
  return drawing;
}

Drawing dot_chart(const std::string& title, const Axis& x, const std::vector<Dot>& dots, std::optional<double> mark) {
  constexpr double kRow = 5;
  const double bottom = 11 + kRow * static_cast<double>(dots.size());
  Drawing drawing{165, bottom + 12, title, cat(x.title, " with 95 % intervals"), {}};
  const Plane plane{52, 8, 150, bottom, x, {}};
  add_text(drawing, "title", {2, 5}, title, Anchor::start, kInk, 3.6, true);
  draw_x_axis(drawing, plane);
  if (mark && *mark >= x.low && *mark <= x.high) {
    const auto foot = plane.at({*mark, 0});
    add_line(drawing, "mark", {{foot.x, plane.top}, {foot.x, plane.bottom}}, .3, kGrey);
  }
  for (std::size_t i = 0; i < dots.size(); ++i) {
    const double y = 11 + kRow * (static_cast<double>(i) + .2);
    const auto clamped = [&](double value) { return plane.at({std::clamp(value, x.low, x.high), 0}).x; };
    add_text(drawing, "name", {plane.left - 2, y + 1}, dots[i].name, Anchor::end, kInk);
    if (const auto& interval = dots[i].interval)
      add_line(drawing, "interval", {{clamped(interval->low), y}, {clamped(interval->high), y}}, .6, kPalette[4]);
    add_line(drawing, "point", {{clamped(dots[i].value), y}}, 1.8, kPalette[0]);
    char value[16];
    std::snprintf(value, sizeof value, "%.3f", dots[i].value);
    add_text(drawing, "value", {plane.right + 2, y + 1}, value, Anchor::start, kInk);
  }
  return drawing;
}

}  // namespace scar::report
