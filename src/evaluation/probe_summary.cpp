#include "scar/evaluation/probe_summary.h"

#include <algorithm>
#include <cmath>

#include "scar/core/error.h"
#include "scar/evaluation/patient_statistic.h"
#include "scar/evaluation/student_t.h"

namespace scar::evaluation {

OverSeeds over_seeds(std::span<const double> values) {
  if (values.empty()) throw Error(Code::internal, "no value to summarise");
  OverSeeds out;
  out.n = static_cast<std::int64_t>(values.size());
  const auto n = static_cast<double>(out.n);
  for (const double value : values) out.mean += value / n;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  out.lowest = *low;
  out.highest = *high;
  if (out.n < 2) return out;
  double squares = 0;
  for (const double value : values) squares += (value - out.mean) * (value - out.mean);
  const double half = student_t_quantile(.975, n - 1) * std::sqrt(squares / (n - 1) / n);
  out.ci95 = Interval{out.mean - half, out.mean + half};
  return out;
}

TaskScore mean_score(const std::vector<TaskScore>& scores) {
  if (scores.empty()) throw Error(Code::internal, "no score to summarise");
  const auto mean_of = [&](const auto& figure) {
    std::optional<double> sum = 0.0;
    for (const auto& score : scores) {
      const std::optional<double> value = figure(score);
      if (sum && value)
        *sum += *value / static_cast<double>(scores.size());
      else
        sum.reset();
    }
    return sum;
  };
  TaskScore out = scores.front();
  for (std::size_t c = 0; c < out.classes.size(); ++c) {
    out.classes[c].auroc = mean_of([c](const TaskScore& score) { return score.classes[c].auroc; });
    out.classes[c].average_precision =
        mean_of([c](const TaskScore& score) { return score.classes[c].average_precision; });
  }
  out.macro_auroc = mean_of([](const TaskScore& score) { return score.macro_auroc; });
  out.macro_auroc_frequent = mean_of([](const TaskScore& score) { return score.macro_auroc_frequent; });
  out.weighted_auroc = mean_of([](const TaskScore& score) { return score.weighted_auroc; });
  out.micro_auroc = mean_of([](const TaskScore& score) { return score.micro_auroc; });
  out.macro_average_precision = mean_of([](const TaskScore& score) { return score.macro_average_precision; });
  return out;
}

std::optional<Interval> patient_interval(const std::vector<ScoreTable>& tables,
                                         const std::vector<std::string>& patients, const BootstrapOptions& options) {
  const auto numbered = number_patients(patients);
  Figure figure;
  for (const auto& table : tables) {
    auto& classes = figure.parts.emplace_back();
    for (std::int64_t column = 0; column < table.columns(); ++column) {
      classes.emplace_back(WeightedAuroc(table.column_scores(column), table.column_labels(column), numbered.of_record));
    }
  }
  const PatientDraws draws(numbered.count, options);
  const auto drawn = bootstrap_patients({{&figure}}, draws).front();
  return drawn.values.front() ? draws.interval(*drawn.values.front(), drawn.of_draws.front()) : std::nullopt;
}

}  // namespace scar::evaluation
