#include "scar/report/run_report.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scar/core/error.h"
#include "scar/report/charts.h"
#include "scar/report/html_page.h"

namespace scar::report {
namespace {

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t out = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++out;
  return out;
}

Json zero_shot() {
  return Json::parse(R"({
    "format": "scar-result", "version": 1, "kind": "zero-shot", "task": "ptbxl-<super>",
    "command": "scar-eval zeroshot 'a & b'", "split": {"rule": "validation folds 9"},
    "records": {"n_in": 5, "n_scored": 3, "excluded": [{"record": "1", "reason": "not in the task"},
                                                       {"record": "2", "reason": "not in the task"}]},
    "conditions": [
      {"condition": "clean", "score": {"macro_auroc": 0.8125, "macro_auroc_ci95": [0.79, 0.83], "n_defined": 1, "n_total": 2,
        "classes": [{"class": "MI", "positives": 40, "prevalence": 0.25, "auroc": 0.8125, "auroc_ci95": [0.79, 0.83], "ap": 0.5},
                    {"class": "PMI", "positives": 0, "prevalence": 0.0, "auroc": null, "ap": null}]}},
      {"condition": "joint:0.5", "score": {"macro_auroc": 0.75}}],
    "ci95": {"figures": {"clean": {"figure": "macro AUROC", "ci95": [0.79, 0.83]},
                         "joint:0.5": {"figure": "macro AUROC", "ci95": [0.7, 0.8]}}},
    "thresholds_from": {"folds": [], "why": "not asked for"}})");
}

TEST(RunReport, ShowsFiguresWithTheirIntervalsAndWhoIsMissing) {
  const auto document = zero_shot();
  const auto page = run_report("runs/one", {{"zeroshot.json", &document}}, {});
  for (const char* part : {"0.812", "0.790…0.830", "5 records, 3 scored; 2 left out: not in the task", "joint:0.5",
                           "0.750", "No F1 and no calibration: not asked for", "validation folds 9"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  EXPECT_EQ(times(page, "<td>PMI</td>"), 1u) << "a class without a figure is listed";
}

TEST(RunReport, NeedsNothingButItselfAndRunsNothing) {
  const auto document = zero_shot();
  const auto page = run_report("runs/<one>", {{"zeroshot.json", &document}}, {});
  EXPECT_NE(page.find("ptbxl-&lt;super&gt;"), std::string::npos);
  EXPECT_EQ(page.find("<super>"), std::string::npos);
  EXPECT_NE(page.find("&#39;a &amp; b&#39;"), std::string::npos);
  for (const char* part : {"<script", "src=", "@import", "url(", "<link", "https://"})
    EXPECT_EQ(page.find(part), std::string::npos) << part;
  EXPECT_EQ(times(page, "http://"), times(page, "xmlns=\"http://www.w3.org/2000/svg\"")) << "a name, no address";
  EXPECT_EQ(times(page, "<section"), times(page, "</section>"));
  EXPECT_EQ(times(page, "<details"), times(page, "</details>"));
}

TEST(RunReport, OddResultsAreNamedAndNeverGuessed) {
  const Json none = {{"format", "scar-result"}, {"kind", "from-tomorrow"}};
  EXPECT_NE(run_report("r", {{"x.json", &none}}, {}).find("x.json (from-tomorrow)"), std::string::npos);
  const Json foreign = {{"kind", "zero-shot"}};
  EXPECT_THROW((void)run_report("r", {{"x.json", &foreign}}, {}), Error);
  for (const char* kind : {"zero-shot", "sweep", "linear-probe", "knn-probe", "kshot-probe", "fine-tuning", "retrieval",
                           "evidence", "curves"}) {
    const Json empty = {{"format", "scar-result"}, {"kind", kind}, {"tasks", 3}, {"conditions", "x"}, {"curves", 1}};
    EXPECT_NO_THROW((void)run_report("r", {{"x.json", &empty}}, {})) << kind;
  }
}

TEST(RunReport, ASweepBecomesCurvesAndWorstLeads) {
  const auto document =
      Json::parse(R"({"format": "scar-result", "kind": "sweep", "split": {"rule": "test folds 10"}, "tasks": [
    {"task": "synth", "sweep": {
      "rules": [{"rule": "clean", "macro_auroc": {"value": 0.9, "ci95": [0.88, 0.92]}, "retention": {"value": 1.0, "ci95": [1.0, 1.0]}},
                {"rule": "joint:0.5", "macro_auroc": {"value": 0.8, "ci95": [0.78, 0.82]}, "retention": {"value": 0.75, "ci95": [0.7, 0.8]}},
                {"rule": "clinical:i-ii-v2", "macro_auroc": {"value": 0.7, "ci95": [0.68, 0.72]}, "retention": {"value": 0.5, "ci95": null}},
                {"rule": "without:V2+V3", "macro_auroc": {"value": 0.61, "ci95": [0.6, 0.62]}, "retention": {"value": 0.3, "ci95": null}}],
      "curves": [{"mode": "joint", "rates": [0.0, 0.5], "aurc": {"value": 0.85, "ci95": [0.83, 0.87]}}]}}]})");
  const auto page = run_report("r", {{"sweep.json", &document}}, {});
  EXPECT_EQ(times(page, "class=\"ecg-curve\""), 1u);
  EXPECT_NE(page.find("<td>V2+V3</td>"), std::string::npos);
  EXPECT_NE(page.find("0.850 (0.830…0.870)"), std::string::npos);
  EXPECT_NE(page.find("i-ii-v2"), std::string::npos);
}

TEST(RunReport, BeginsWithALineForEachResultInTheOrderOfItsSections) {
  const auto prompts = zero_shot();
  const auto probe = Json::parse(R"({"format": "scar-result", "kind": "linear-probe", "task": "synth", "summary": [
    {"row": "run", "condition": "clean", "fraction": 0.1, "macro_auroc": {"mean": 0.71, "ci95": [0.70, 0.72]}},
    {"row": "run", "condition": "clean", "fraction": 1.0, "macro_auroc": {"mean": 0.81, "ci95": [0.80, 0.82]}},
    {"row": "run", "condition": "joint:0.5", "fraction": 1.0, "macro_auroc": {"mean": 0.61, "ci95": [0.60, 0.62]}},
    {"row": "random encoders", "condition": "clean", "fraction": 1.0, "macro_auroc": {"mean": 0.51, "ci95": null}}]})");
  const auto page = run_report("r", {{"probe.json", &probe}, {"zeroshot.json", &prompts}}, {});
  const auto summary = page.find("<h2>Summary"), first = page.find("<h2>Zero-shot"), second = page.find("<h2>Probe");
  ASSERT_NE(summary, std::string::npos);
  EXPECT_LT(summary, first);
  EXPECT_LT(first, second) << "whatever the order of the files";
  const auto text = page.substr(summary, first - summary);
  for (const char* part : {"zero-shot, ptbxl-&lt;super&gt;", "0.812 (0.790…0.830)", "joint:0.5: 0.750 (0.700…0.800)",
                           "linear probe, synth, 100 % of the labels", "0.810 (0.800…0.820)", "joint:0.5: 0.610"})
    EXPECT_NE(text.find(part), std::string::npos) << part;
  EXPECT_EQ(text.find("0.510"), std::string::npos) << "a random encoder is none of the run's figures";
}

TEST(RunReport, AProbeHasAColumnForEachNumberOfLabels) {
  const auto probe = Json::parse(R"({"format": "scar-result", "kind": "kshot-probe", "task": "synth", "summary": [
    {"row": "run", "condition": "clean", "k": 1, "macro_auroc": {"mean": 0.6, "ci95": null}},
    {"row": "run", "condition": "clean", "k": 32, "macro_auroc": {"mean": 0.8, "ci95": null}},
    {"row": "lead statistics", "condition": "clean", "k": 32, "macro_auroc": {"mean": 0.7, "ci95": null}}]})");
  const auto page = run_report("r", {{"probe.json", &probe}}, {});
  const auto section = page.substr(page.find("<h2>Probe"));
  EXPECT_LT(section.find("k = 1<"), section.find("k = 32<"));
  const auto row = section.substr(section.find("lead statistics"));
  EXPECT_EQ(times(row.substr(0, row.find("0.700")), "<td"), 3u) << "masks, an empty cell for k = 1, k = 32";
}

TEST(Charts, AxesHoldTheirValuesAtRoundTicks) {
  const auto axis = axis_of("AUROC", .612, .874, 0, 1);
  EXPECT_LE(axis.low, .612);
  EXPECT_GE(axis.high, .874);
  EXPECT_GE(axis.ticks.size(), 4u);
  EXPECT_LE(axis.ticks.size(), 9u);
  for (const double tick : axis.ticks) {
    EXPECT_GE(tick, axis.low - 1e-12);
    EXPECT_LE(tick, axis.high + 1e-12);
  }
  const auto flat = axis_of("AUROC", .5, .5, 0, 1);
  EXPECT_GT(flat.high, flat.low);
  EXPECT_LE(axis_of("AUROC", .99, 1, 0, 1).high, 1);
}

TEST(Charts, PointsStandWhereTheAxisSays) {
  const Axis x{"rate", 0, 1, {0, .5, 1}}, y{"AUROC", .5, 1, {.5, 1}};
  const auto chart = line_chart("t", x, y, {{"one", {{0, 1}, {1, .5}}, {}}});
  for (const auto& element : chart.elements) {
    if (element.role != "curve") continue;
    const auto& run = std::get<Strokes>(element.what).runs.front();
    const auto top_left = run.front(), bottom_right = run.back();
    EXPECT_LT(top_left.x, bottom_right.x);
    EXPECT_LT(top_left.y, bottom_right.y) << "millimetres grow downwards";
    return;
  }
  FAIL() << "no curve";
}

TEST(HtmlPage, NumbersStandAtTheRightAndTextsAtTheLeft) {
  HtmlPage page("t", "s");
  page.section("a");
  page.table({"name", "value", "why"}, {{"x", "0.5", "odd"}, {"y", "-", "1"}});
  const auto text = page.text();
  EXPECT_NE(text.find("<td class=\"n\">0.5</td>"), std::string::npos);
  EXPECT_NE(text.find("<td>odd</td>"), std::string::npos);
  EXPECT_NE(text.find("<td>1</td>"), std::string::npos) << "one column, one side";
}

}  // namespace
}  // namespace scar::report
