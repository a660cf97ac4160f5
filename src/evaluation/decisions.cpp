#include "scar/evaluation/decisions.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "scar/evaluation/calibration_file.h"
#include "scar/evaluation/figure_json.h"
#include "scar/evaluation/results.h"

namespace scar::evaluation {
namespace {

std::vector<ReliabilityBin> reliability_of(const ScoreTable& probabilities) {
  std::vector<ReliabilityBin> bins(kCalibrationBins);
  for (std::size_t i = 0; i < probabilities.scores.size(); ++i) {
    const double p = probabilities.scores[i];
    if (std::isnan(p)) continue;
    auto& bin = bins[static_cast<std::size_t>(std::min(kCalibrationBins - 1, static_cast<int>(kCalibrationBins * p)))];
    ++bin.n;
    bin.mean_probability += p;
    bin.frequency += probabilities.labels[i];
  }
  for (auto& bin : bins) {
    if (bin.n == 0) continue;
    bin.mean_probability /= static_cast<double>(bin.n);
    bin.frequency /= static_cast<double>(bin.n);
  }
  return bins;
}

/// Without the classes that have no probabilities.
ScoreTable defined_columns(const ScoreTable& probabilities) {
  ScoreTable out;
  std::vector<std::size_t> columns;
  for (std::int64_t c = 0; c < probabilities.columns(); ++c) {
    if (probabilities.rows > 0 && std::isnan(probabilities.scores[static_cast<std::size_t>(c)])) continue;
    columns.push_back(static_cast<std::size_t>(c));
    out.classes.push_back(probabilities.classes[static_cast<std::size_t>(c)]);
  }
  out.rows = probabilities.rows;
  for (std::int64_t row = 0; row < probabilities.rows; ++row) {
    for (const auto column : columns) {
      const auto i = static_cast<std::size_t>(row * probabilities.columns()) + column;
      out.scores.push_back(probabilities.scores[i]);
      out.labels.push_back(probabilities.labels[i]);
    }
  }
  return out;
}

}  // namespace

Decisions decide(const ScoreTable& reference, const ScoreTable& judged, ThresholdRule rule) {
  Decisions out;
  out.thresholds = apply_thresholds(reference, judged, rule);
  Calibration curves;
  curves.classes = fit_classes(reference);
  const auto probabilities = calibrated(curves, judged);
  out.calibration = calibration_errors(probabilities);
  const auto defined = defined_columns(probabilities);
  if (!defined.classes.empty()) out.fmax_sample = sample_fmax(defined);
  out.reliability = reliability_of(probabilities);
  return out;
}

Json decisions_json(const Decisions& decisions, const std::vector<std::string>& classes) {
  const auto& thresholds = decisions.thresholds;
  Json out;
  out["threshold_rule"] = threshold_rule_name(thresholds.rule);
  out["f1_macro"] = number_json(thresholds.f1_macro);
  out["fmax_sample"] = number_json(decisions.fmax_sample);
  out["f1_oracle_macro"] = number_json(thresholds.f1_oracle_macro);
  out["f1_oracle_note"] = "thresholds chosen on the judged records themselves: an upper bound, not a result";
  out["calibration"] = {{"curves", "Platt, fitted on the reference records"},
                        {"mean", calibration_error_json(decisions.calibration.mean)},
                        {"pooled", calibration_error_json(decisions.calibration.pooled)}};
  auto& bins = out["calibration"]["reliability"] = Json::array();
  for (const auto& bin : decisions.reliability)
    bins.push_back({{"n", bin.n}, {"mean_probability", bin.mean_probability}, {"frequency", bin.frequency}});
  auto& list = out["classes"] = Json::array();
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const auto& each = thresholds.classes[c];
    Json entry;
    entry["class"] = classes[c];
    entry["threshold"] = number_json(each.threshold);
    entry["f1"] = each.counts ? Json(each.counts->f1()) : Json(nullptr);
    entry["sensitivity"] = each.counts ? number_json(each.counts->sensitivity()) : Json(nullptr);
    entry["specificity"] = each.counts ? number_json(each.counts->specificity()) : Json(nullptr);
    entry["f1_oracle"] = number_json(each.f1_oracle);
    entry["calibration"] = calibration_error_json(decisions.calibration.classes[c]);
    list.push_back(std::move(entry));
  }
  return out;
}

std::string decisions_table(const Decisions& decisions, const std::vector<std::string>& classes) {
  TextTable table({"class", "sensitivity", "specificity", "F1", "(oracle F1)", "ECE", "Brier"});
  const auto ece = [](const std::optional<CalibrationError>& error) {
    return three_digits(error ? std::optional(error->ece_equal_width) : std::nullopt);
  };
  const auto brier = [](const std::optional<CalibrationError>& error) {
    return three_digits(error ? std::optional(error->brier) : std::nullopt);
  };
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const auto& each = decisions.thresholds.classes[c];
    const auto& error = decisions.calibration.classes[c];
    table.add({classes[c], three_digits(each.counts ? each.counts->sensitivity() : std::nullopt),
               three_digits(each.counts ? each.counts->specificity() : std::nullopt),
               three_digits(each.counts ? std::optional(each.counts->f1()) : std::nullopt),
               three_digits(each.f1_oracle), ece(error), brier(error)});
  }
  table.add({"mean", "", "", three_digits(decisions.thresholds.f1_macro),
             three_digits(decisions.thresholds.f1_oracle_macro), ece(decisions.calibration.mean),
             brier(decisions.calibration.mean)});
  return table.text();
}

}  // namespace scar::evaluation
