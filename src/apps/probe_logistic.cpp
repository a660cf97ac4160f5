#include "probe_logistic.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/log.h"
#include "scar/evaluation/results.h"

namespace scar::apps {

using namespace evaluation;

namespace {

Json numbers(const std::vector<std::optional<double>>& values) {
  Json out = Json::array();
  for (const auto& value : values) out.push_back(value ? Json(*value) : Json(nullptr));
  return out;
}

std::string three_figures(double value) {
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%.3g", value);
  return out.data();
}

}  // namespace

void LogisticFlags::declare(Command& command) {
  command.option("--c", c,
                 "shared: the C with the best macro AUROC on the selection folds; per-class: each class the C with its "
                 "own best; or a number, and nothing is chosen");
  command.option("--refit", refit,
                 "train+val: show beside it the same C fitted once more to training and selection records");
}

void LogisticFlags::check() const {
  (void)options();
  if (!refit.empty()) require_choice("--refit", refit, {"train+val"});
}

ProbeOptions LogisticFlags::options() const {
  ProbeOptions out;
  out.c_per_class = c == "per-class";
  if (c != "shared" && !out.c_per_class) out.grid = {parse_number("--c (shared, per-class or a number)", c, 1e-9, 1e9)};
  return out;
}

Json LogisticFlags::settings() const { return {{"c", c}, {"refit", refit}}; }

std::string LogisticFlags::rule() const {
  if (c == "shared")
    return "one C for all classes: the best macro AUROC on the selection folds, of 45 values, the smallest of equals";
  if (c == "per-class")
    return "one C per class: its best AUROC on the selection folds, of 45 values, the smallest of equals";
  return cat("C = ", c, ": nothing is chosen");
}

FitFeatures LogisticFlags::fit(const std::vector<std::string>& classes) const {
  return [*this, classes](const ProbePart& train, const ProbePart& selection, const FeatureRow& row) {
    const auto probe = std::make_shared<FittedProbe>(fit_probe(train, selection, classes, options()));
    if (probe->unconverged > 0) {
      log::warn(62, cat(row.name, ", ", train.rows(), " records: ", probe->unconverged, " of ",
                        probe->grid.size() * classes.size(), " fits ran out of iterations"));
    }
    FittedToFeatures out;
    out.ways.emplace_back("", [probe](const ProbePart& part) { return probe->answer(part); });
    out.absent = probe->absent;
    const auto [low, high] = std::minmax_element(probe->c.begin(), probe->c.end());
    out.note = cat("C = ", three_figures(*low), *low == *high ? "" : cat("..", three_figures(*high)));
    out.figures = std::make_shared<Json>(Json{{"c", *low == *high ? Json(*low) : Json(probe->c)},
                                              {"unconverged_fits", probe->unconverged},
                                              {"grid", probe->grid},
                                              {"selection_macro_auroc", numbers(probe->selection_auroc)},
                                              {"selection", score_json(score_task(probe->answer(selection)))}});
    if (!refit.empty()) {
      const auto again = std::make_shared<FittedProbe>(refit_probe(*probe, train, selection));
      out.ways.emplace_back("train+val", [again](const ProbePart& part) { return again->answer(part); });
    }
    return out;
  };
}

}  // namespace scar::apps
