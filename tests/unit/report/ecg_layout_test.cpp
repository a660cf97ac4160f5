#include <gtest/gtest.h>

#include <algorithm>

#include "ecg_example.h"
#include "scar/core/error.h"
#include "scar/report/ecg_plot.h"
#include "svg_reader.h"

namespace scar::report {
namespace {

using test::SvgReader;

constexpr double kTraceLeft = 15;

/// Names in the order in which they stand, and where.
struct Figure {
  Figure(const EcgPlot& plot, const EcgPlotOptions& options) : svg(to_svg(draw_ecg(plot, options))), reader(svg) {
    for (const auto& lead : reader.with_role("lead")) {
      names += lead.text + " ";
      x.push_back(lead.number("x") - 1.2);
    }
  }
  std::string svg;
  SvgReader reader;
  std::string names;
  std::vector<double> x;
};

TEST(EcgLayouts, HaveTheirNames) {
  for (const auto* name : {"3x4+ii", "6x2", "12x1"}) EXPECT_STREQ(layout_name(parse_layout(name)), name);
  EXPECT_THROW((void)parse_layout("4x3"), Error);
}

TEST(EcgLayouts, ThreeByFourHasColumnsOfTwoAndAHalfSecondsAndARhythmStrip) {
  const Figure figure(flat_ecg(), {EcgLayout::three_by_four});
  EXPECT_EQ(figure.names, "I aVR V1 V4 II aVL V2 V5 III aVF V3 V6 II ");
  for (std::size_t i = 0; i < 12; ++i)
    EXPECT_NEAR(figure.x[i], kTraceLeft + 62.5 * static_cast<double>(i % 4), 0.01) << i;
  const auto traces = figure.reader.with_role("trace");
  ASSERT_EQ(traces.size(), 13U);
  EXPECT_EQ(traces[0].runs().at(0).size(), 250U);
  EXPECT_EQ(traces[12].runs().at(0).size(), 1000U);
  EXPECT_TRUE(figure.reader.with_role("time").empty());
}

TEST(EcgLayouts, ColumnsGoOnInTime) {
  auto plot = flat_ecg();
  set(plot, 6, 500, 501, 1.0F);  // V1 at 5 s, the first sample of its column
  const Figure figure(plot, {EcgLayout::three_by_four});
  const auto trace = figure.reader.with_role("trace").at(2).runs().at(0);
  EXPECT_NEAR(trace.at(1).y - trace.at(0).y, 10, 0.01);
}

TEST(EcgLayouts, SixByTwoAndTwelveByOne) {
  const Figure two(flat_ecg(), {EcgLayout::six_by_two}), one(flat_ecg(), {EcgLayout::twelve_by_one});
  EXPECT_EQ(two.names, "I V1 II V2 III V3 aVR V4 aVL V5 aVF V6 ");
  EXPECT_NEAR(two.x[1] - two.x[0], 125, 0.01);
  EXPECT_EQ(two.reader.with_role("trace").at(0).runs().at(0).size(), 500U);
  EXPECT_EQ(one.names, "I II III aVR aVL aVF V1 V2 V3 V4 V5 V6 ");
  EXPECT_EQ(one.reader.with_role("trace").at(11).runs().at(0).size(), 1000U);
}

TEST(EcgLayouts, AShortRecordShowsEveryLeadAndSaysFromWhen) {
  const Figure figure(flat_ecg(4), {EcgLayout::three_by_four});
  const auto traces = figure.reader.with_role("trace");
  ASSERT_EQ(traces.size(), 13U);
  for (std::size_t i = 0; i < 12; ++i) EXPECT_EQ(traces[i].runs().at(0).size(), 250U);
  EXPECT_EQ(traces[12].runs().at(0).size(), 400U);
  EXPECT_EQ(figure.reader.with_role("time").size(), 9U);  // columns two, three and four
  EXPECT_EQ(figure.reader.with_role("time").at(0).text, "from 1.5 s");

  const Figure shorter(flat_ecg(1), {EcgLayout::three_by_four});
  EXPECT_NEAR(shorter.x[1] - shorter.x[0], 25, 0.01);
  EXPECT_EQ(shorter.reader.with_role("trace").at(3).runs().at(0).size(), 100U);
}

TEST(EcgLayouts, ALongRecordShowsTenSecondsFromWhereItIsAsked) {
  auto plot = flat_ecg(60);
  const Figure first(plot, {EcgLayout::twelve_by_one});
  EXPECT_EQ(first.reader.with_role("trace").at(0).runs().at(0).size(), 1000U);
  EXPECT_EQ(first.reader.with_role("scale").at(0).text, "seconds 0 to 10 of 60 · 100 Hz · 25 mm/s · 10 mm/mV");
  set(plot, 0, 4200, 4201, 1.0F);
  const Figure later(plot, {EcgLayout::twelve_by_one, 40});
  const auto trace = later.reader.with_role("trace").at(0).runs().at(0);
  EXPECT_NEAR(trace.at(199).y - trace.at(200).y, 10, 0.01);
  EXPECT_NEAR(trace.at(200).x, kTraceLeft + 50, 0.01);
  const Figure end(plot, {EcgLayout::twelve_by_one, 55});
  EXPECT_EQ(end.reader.with_role("trace").at(0).runs().at(0).size(), 500U);
}

TEST(EcgLayouts, RowsAreAsHighAsTheirTraces) {
  auto plot = flat_ecg();
  const auto usual = draw_ecg(plot).height;
  set(plot, 0, 100, 110, 6.0F);
  set(plot, 9, 800, 810, -4.0F);  // V4, in the same row
  const auto drawing = draw_ecg(plot);
  EXPECT_NEAR(drawing.height - usual, 55 + 40, 0.001);  // whole squares of 5 mm
  const auto svg = to_svg(drawing);
  const SvgReader reader(svg);
  const auto next_row = reader.with_role("lead").at(4).number("y") - 3.9,
             top = reader.with_role("lead").at(0).number("y");
  for (std::size_t lead = 0; lead < 4; ++lead) {
    const auto trace = reader.with_role("trace").at(lead).runs().at(0);
    for (const auto& point : trace) {
      EXPECT_GT(point.y, top);
      EXPECT_LT(point.y, next_row);
    }
  }
}

TEST(EcgLayouts, BaseLinesAreHeavyLinesOfTheGrid) {
  auto plot = flat_ecg();
  set(plot, 0, 100, 110, 2.34F);
  const auto svg = to_svg(draw_ecg(plot));
  const SvgReader reader(svg);
  std::vector<double> heavy;
  for (const auto& run : reader.with_role("grid-5mm").at(0).runs()) {
    if (run.at(0).y == run.at(1).y) heavy.push_back(run.at(0).y);
  }
  for (const auto& pulse : reader.with_role("calibration")) {
    const double base = pulse.runs().at(0).at(0).y;
    EXPECT_TRUE(std::any_of(heavy.begin(), heavy.end(), [&](double y) { return std::abs(y - base) < 0.011; })) << base;
  }
}

}  // namespace
}  // namespace scar::report
