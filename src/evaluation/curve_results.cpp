#include "scar/evaluation/curve_results.h"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/evaluation/figure_json.h"
#include "scar/evaluation/results.h"

namespace scar::evaluation {
namespace {

Json figures_json(const CurveFigures& figures, const std::vector<std::string>& measures) {
  Json out;
  out["random_area"] = number_json(figures.random);
  for (std::size_t m = 0; m < measures.size(); ++m) {
    const auto& of = figures.measures[m];
    out[measures[m]] = {{"area", number_json(of.area)},
                        {"minus_random", number_json(of.difference)},
                        {"interval", interval_json(of.interval)}};
  }
  return out;
}

Json curve_json(const RemovalCurve& curve) { return {{"deletion", curve.deletion}, {"insertion", curve.insertion}}; }

std::string signed_digits(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%+.3f", value);
  return buffer;
}

}  // namespace

Json curves_json(const CurveStudy& study, const CurveOptions& options) {
  Json out;
  out["shares"] = kCurveShares;
  out["random_orders"] = options.random_orders;
  out["bootstrap"] = bootstrap_json(options.bootstrap);
  out["deletion"] = figures_json(study.deletion, study.measures);
  out["insertion"] = figures_json(study.insertion, study.measures);
  for (std::size_t m = 0; m < study.measures.size(); ++m) {
    out["deletion"][study.measures[m]]["beats_random"] = study.beats_random(m, false);
    out["insertion"][study.measures[m]]["beats_random"] = study.beats_random(m, true);
  }
  out["curves"]["random"] = curve_json(study.random_curve);
  for (std::size_t m = 0; m < study.measures.size(); ++m)
    out["curves"][study.measures[m]] = curve_json(study.curves[m]);
  auto& classes = out["classes"] = Json::array();
  for (const auto& entry : study.classes) {
    classes.push_back({{"class", entry.name},
                       {"positives", entry.pairs},
                       {"deletion", figures_json(entry.deletion, study.measures)},
                       {"insertion", figures_json(entry.insertion, study.measures)}});
  }
  return out;
}

std::string curves_table(const CurveStudy& study, bool insertion) {
  std::vector<std::string> head = {insertion ? "insertion" : "deletion", "positives", "random"};
  for (const auto& measure : study.measures) head.push_back(cat(measure, " - random"));
  TextTable table(std::move(head));
  const auto add = [&](const std::string& name, const std::string& positives, const CurveFigures& figures) {
    std::vector<std::string> row = {name, positives, three_digits(figures.random)};
    for (const auto& of : figures.measures) {
      if (!of.difference) {
        row.emplace_back("-");
        continue;
      }
      row.push_back(signed_digits(*of.difference));
      if (of.interval)
        row.back() += cat(" [", signed_digits(of.interval->low), ", ", signed_digits(of.interval->high), "]");
    }
    table.add(std::move(row));
  };
  for (const auto& entry : study.classes)
    add(entry.name, cat(entry.pairs), insertion ? entry.insertion : entry.deletion);
  add("macro", "", insertion ? study.insertion : study.deletion);
  return table.text();
}

}  // namespace scar::evaluation
