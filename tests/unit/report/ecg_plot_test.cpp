#include "scar/report/ecg_plot.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ecg_example.h"
#include "scar/core/error.h"
#include "svg_reader.h"

namespace scar::report {
namespace {

using test::SvgReader;

constexpr double kTraceLeft = 15;  // of the first column: margin and calibration pulse

struct Extent {
  double left = 1e9, right = -1e9, top = 1e9, bottom = -1e9;
};
Extent extent_of(const std::vector<std::vector<Point>>& runs) {
  Extent out;
  for (const auto& run : runs) {
    for (const auto& [x, y] : run)
      out = {std::min(out.left, x), std::max(out.right, x), std::min(out.top, y), std::max(out.bottom, y)};
  }
  return out;
}

TEST(EcgPlot, OneSecondIsTwentyFiveAndOneMillivoltTenMillimetres) {
  auto plot = flat_ecg();
  set(plot, 0, 50, 150, 1.0F);
  const auto svg = to_svg(draw_ecg(plot));
  const auto trace = SvgReader(svg).with_role("trace").at(0).runs().at(0);
  const auto rise = trace.at(50), before = trace.at(49), fall = trace.at(150);
  EXPECT_NEAR(fall.x - rise.x, 25, 25 * 0.005);
  EXPECT_NEAR(before.y - rise.y, 10, 10 * 0.005);
  EXPECT_NEAR(rise.x, kTraceLeft + 12.5, 0.01);
}

TEST(EcgPlot, GridLinesAreOneAndFiveMillimetresApart) {
  const auto svg = to_svg(draw_ecg(flat_ecg()));
  const SvgReader reader(svg);
  std::vector<double> heavy, all;
  for (const auto* role : {"grid-1mm", "grid-5mm"}) {
    for (const auto& run : reader.with_role(role).at(0).runs()) {
      if (run.at(0).x != run.at(1).x) continue;
      all.push_back(run.at(0).x);
      if (role == std::string("grid-5mm")) heavy.push_back(run.at(0).x);
    }
  }
  std::sort(all.begin(), all.end());
  ASSERT_EQ(all.size(), 261U);  // 260 mm
  ASSERT_EQ(heavy.size(), 53U);
  for (std::size_t i = 1; i < all.size(); ++i) EXPECT_NEAR(all[i] - all[i - 1], 1, 0.001);
  for (std::size_t i = 1; i < heavy.size(); ++i) EXPECT_NEAR(heavy[i] - heavy[i - 1], 5, 0.001);
}

TEST(EcgPlot, EveryRowHasACalibrationPulseOfOneMillivoltAnd200Milliseconds) {
  const auto svg = to_svg(draw_ecg(flat_ecg()));
  const auto pulses = SvgReader(svg).with_role("calibration");
  ASSERT_EQ(pulses.size(), 4U);
  for (const auto& pulse : pulses) {
    const auto run = pulse.runs().at(0);
    EXPECT_NEAR(run.at(1).y - run.at(2).y, 10, 0.001);
    EXPECT_NEAR(run.at(3).x - run.at(2).x, 5, 0.001);
  }
}

TEST(EcgPlot, MissingSamplesAreAGapOverGrey) {
  auto plot = flat_ecg();
  set(plot, 0, 100, 150, kGap);
  set(plot, 0, 200, 210, std::numeric_limits<float>::infinity());
  const auto svg = to_svg(draw_ecg(plot));
  const SvgReader reader(svg);
  const auto runs = reader.with_role("trace").at(0).runs();
  ASSERT_EQ(runs.size(), 3U);
  EXPECT_NEAR(runs[0].back().x, kTraceLeft + 0.99 * 25, 0.01);
  EXPECT_NEAR(runs[1].front().x, kTraceLeft + 1.5 * 25, 0.01);
  const auto grey = reader.with_role("missing");
  ASSERT_EQ(grey.size(), 2U);
  EXPECT_NEAR(grey[0].number("x"), kTraceLeft + 25, 0.01);
  EXPECT_NEAR(grey[0].number("width"), 12.5, 0.01);
  EXPECT_NE(reader.texts("legend").find("no samples"), std::string::npos);
}

TEST(EcgPlot, ALeadThatWasNotRecordedIsGreyWithoutATrace) {
  auto plot = flat_ecg();
  set(plot, 11, 0, 1000, kGap);
  const auto svg = to_svg(draw_ecg(plot));
  const SvgReader reader(svg);
  EXPECT_EQ(reader.with_role("trace").size(), 12U);  // eleven leads, and II again
  ASSERT_EQ(reader.with_role("missing").size(), 1U);
  EXPECT_NEAR(reader.with_role("missing")[0].number("width"), 62.5, 0.01);
}

TEST(EcgPlot, OneSampleBetweenGapsIsADot) {
  auto plot = flat_ecg();
  set(plot, 0, 100, 150, kGap);
  set(plot, 0, 120, 121, 0.5F);
  const auto svg = to_svg(draw_ecg(plot));
  const auto trace = SvgReader(svg).with_role("trace").at(0);
  EXPECT_EQ(trace.runs().at(1).size(), 1U);
  EXPECT_NE(trace.attributes.at("d").find("h0"), std::string::npos);
}

TEST(EcgPlot, HatchesLieOverRemovedTokensAlone) {
  auto plot = flat_ecg();
  give_tokens(plot);
  plot.mask = "joint:0.5";
  for (const std::size_t token : {2U, 3U, 7U}) plot.tokens[token] = TokenState::removed;  // of lead I
  const auto svg = to_svg(draw_ecg(plot));
  const SvgReader reader(svg);
  const auto hatches = reader.with_role("hatch");
  ASSERT_EQ(hatches.size(), 2U);
  const auto lead = reader.with_role("lead").at(0);
  const double row_top = lead.number("y") - 3.9, row_bottom = row_top + 20;
  const double expected[2][2] = {{2, 4}, {7, 8}};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto extent = extent_of(hatches[i].runs());
    EXPECT_NEAR(extent.left, kTraceLeft + expected[i][0] * 6.25, 0.01);
    EXPECT_NEAR(extent.right, kTraceLeft + expected[i][1] * 6.25, 0.01);
    EXPECT_NEAR(extent.top, row_top, 0.01);
    EXPECT_NEAR(extent.bottom, row_bottom, 0.01);
  }
  EXPECT_NE(reader.texts("legend").find("joint:0.5: 3 of the record's 480 tokens (0.6 %)"), std::string::npos)
      << reader.texts("legend");
}

TEST(EcgPlot, WeightsAreShadedInMultiplesOfAUniformShare) {
  auto plot = flat_ecg();
  give_tokens(plot);
  plot.tokens[479] = TokenState::removed;
  plot.mask = "joint:0.1";
  plot.weights.assign(480, 1.0);
  plot.weights[0] = 2;
  plot.weights[479] = 1000;  // removed: has no say
  plot.weights_meaning = "the selector's weights";
  const auto svg = to_svg(draw_ecg(plot));
  const SvgReader reader(svg);
  const auto shades = reader.with_role("weight");
  EXPECT_EQ(shades.size(), 4U * 4 * 10 - 1);
  EXPECT_NE(shades[0].attributes.at("fill"), shades[1].attributes.at("fill"));
  EXPECT_EQ(shades[1].attributes.at("fill"), shades[2].attributes.at("fill"));
  EXPECT_NEAR(shades[0].number("width"), 6.25, 0.01);
  const auto legend = reader.texts("legend");
  EXPECT_NE(legend.find("1× = uniform share, 1/479 of the whole = 0.21 %"), std::string::npos) << legend;
  EXPECT_NE(legend.find("highest of the record 2×, I at 0 s"), std::string::npos) << legend;
  EXPECT_NE(legend.find("0×"), std::string::npos);
}

TEST(EcgPlot, AStrongerWeightIsADarkerShade) {
  const auto light = [](double times) {
    const auto colour = weight_colour(times, 5);
    return colour.red + colour.green + colour.blue;
  };
  EXPECT_EQ(weight_colour(0, 5), (Colour{255, 255, 255}));
  for (double times = 0; times < 5; times += 0.25) EXPECT_GT(light(times), light(times + 0.25));
  EXPECT_EQ(weight_colour(6, 5), weight_colour(5, 5));
}

TEST(EcgPlot, TheLegendSaysOnlyWhatOccurs) {
  const auto legend_of = [](const EcgPlot& plot) {
    const auto svg = to_svg(draw_ecg(plot));
    return SvgReader(svg).texts("legend");
  };
  auto plot = flat_ecg();
  EXPECT_EQ(legend_of(plot), "");
  give_tokens(plot);
  plot.mask = "lead:0.1";
  EXPECT_EQ(legend_of(plot), "");
  plot.tokens[5] = TokenState::absent;
  EXPECT_NE(legend_of(plot).find("not visible to the model"), std::string::npos);
  EXPECT_EQ(legend_of(plot).find("removed"), std::string::npos);
  plot.tokens[5] = TokenState::removed;
  EXPECT_EQ(legend_of(plot).find("not visible to the model"), std::string::npos);
  EXPECT_NE(legend_of(plot).find("removed by the mask lead:0.1"), std::string::npos);
  EXPECT_EQ(legend_of(plot).find("no samples"), std::string::npos);
}

TEST(EcgPlot, HostileNamesAreText) {
  auto plot = flat_ecg();
  plot.record = "<script>alert(1)</script>\"'&\x01";
  plot.notes = {"]]> & <img src=x onerror=alert(1)>"};
  const auto svg = to_svg(draw_ecg(plot));
  const SvgReader reader(svg);
  EXPECT_EQ(svg.find("<script"), std::string::npos);
  EXPECT_EQ(svg.find("<img"), std::string::npos);
  EXPECT_EQ(reader.with_role("record").at(0).text, "Record <script>alert(1)</script>\"'&\xEF\xBF\xBD");
  EXPECT_EQ(reader.with_role("note").at(0).text, plot.notes[0]);
}

TEST(EcgPlot, LongNamesAreCutBetweenCharacters) {
  auto plot = flat_ecg();
  for (int i = 0; i < 100; ++i) plot.record += "ä";
  const auto svg = to_svg(draw_ecg(plot));
  const auto shown = SvgReader(svg).with_role("record").at(0).text;
  EXPECT_LT(shown.size(), 140U);
  EXPECT_TRUE(shown.ends_with("ä…")) << shown;
}

TEST(EcgPlot, TheHeaderSaysRecordRateAndScale) {
  const auto svg = to_svg(draw_ecg(flat_ecg()));
  const SvgReader reader(svg);
  EXPECT_EQ(reader.with_role("record").at(0).text, "Record example");
  EXPECT_EQ(reader.with_role("scale").at(0).text, "100 Hz · 25 mm/s · 10 mm/mV");
}

TEST(EcgPlot, WhatCannotBeDrawnIsRefused) {
  const auto code_of = [](auto change, EcgPlotOptions options = {}) {
    auto plot = flat_ecg();
    change(plot);
    try {
      (void)draw_ecg(plot, options);
    } catch (const Error& error) {
      return error.code();
    }
    return Code{};
  };
  const auto nothing = [](EcgPlot&) {};
  EXPECT_EQ(code_of([](EcgPlot& plot) { plot.mv.clear(); }), Code::out_of_range);
  EXPECT_EQ(code_of([](EcgPlot& plot) { plot.mv.pop_back(); }), Code::out_of_range);
  EXPECT_EQ(code_of([](EcgPlot& plot) { plot.rate_hz = 0; }), Code::out_of_range);
  EXPECT_EQ(code_of([](EcgPlot& plot) { plot.rate_hz = kGap; }), Code::out_of_range);
  EXPECT_EQ(code_of([](EcgPlot& plot) { plot.mv[3] = 101; }), Code::amplitude);
  EXPECT_EQ(code_of([](EcgPlot& plot) { plot.token_samples = 33; }), Code::out_of_range);
  EXPECT_EQ(code_of([](EcgPlot& plot) { plot.weights.assign(480, 1.0); }), Code::out_of_range);
  EXPECT_EQ(code_of([](EcgPlot& plot) {
              give_tokens(plot);
              plot.weights.assign(480, -1.0);
            }),
            Code::out_of_range);
  EXPECT_EQ(code_of(nothing, {EcgLayout::six_by_two, 10}), Code::out_of_range);
  EXPECT_EQ(code_of(nothing, {EcgLayout::six_by_two, -0.1}), Code::out_of_range);
  EXPECT_EQ(code_of(nothing, {EcgLayout::six_by_two, 9.999}), Code{});
}

TEST(EcgPlot, TheSameRecordGivesTheSameBytes) {
  auto plot = flat_ecg();
  set(plot, 3, 100, 400, 0.7F);
  EXPECT_EQ(to_svg(draw_ecg(plot)), to_svg(draw_ecg(plot)));
  EXPECT_EQ(to_png(draw_ecg(plot), 72), to_png(draw_ecg(plot), 72));
}

}  // namespace
}  // namespace scar::report
