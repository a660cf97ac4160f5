#include "scar/evaluation/task_intervals.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "scar/evaluation/patient_draws.h"

namespace scar::evaluation {
namespace {

/// AUROC by class, AP by class, their means: [figures], under each count of a block.
std::vector<LaneValues> figures_under(const std::vector<WeightedAuroc>& aurocs,
                                      const std::vector<WeightedAveragePrecision>& precisions,
                                      const TimesBlock& times) {
  std::vector<LaneValues> out;
  LaneValues auroc{}, precision{}, with_auroc{}, with_precision{};
  const auto add = [&](const LaneValues& values, LaneValues& sum, LaneValues& n) {
    out.push_back(values);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if (std::isnan(values[lane])) continue;
      sum[lane] += values[lane];
      n[lane] += 1;
    }
  };
  for (const auto& each : aurocs) add(each.under(times), auroc, with_auroc);
  for (const auto& each : precisions) add(each.under(times), precision, with_precision);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {  // 0 / 0: not defined
    auroc[lane] /= with_auroc[lane];
    precision[lane] /= with_precision[lane];
  }
  out.push_back(auroc);
  out.push_back(precision);
  return out;
}

}  // namespace

TaskIntervals task_intervals(const ScoreTable& table, const std::vector<std::string>& patients,
                             const BootstrapOptions& options) {
  const auto numbered = number_patients(patients);
  std::vector<WeightedAuroc> aurocs;
  std::vector<WeightedAveragePrecision> precisions;
  for (std::int64_t column = 0; column < table.columns(); ++column) {
    const auto scores = table.column_scores(column);
    const auto labels = table.column_labels(column);
    aurocs.emplace_back(scores, labels, numbered.of_record);
    precisions.emplace_back(scores, labels, numbered.of_record);
  }
  const auto classes = aurocs.size();
  const PatientDraws draws(numbered.count, options);
  std::vector<std::vector<double>> of_draws(2 * classes + 2,
                                            std::vector<double>(static_cast<std::size_t>(draws.count())));
  draws.for_each_block([&](std::int64_t first, std::int64_t lanes, const TimesBlock& block) {
    const auto figures = figures_under(aurocs, precisions, block);
    for (std::size_t figure = 0; figure < figures.size(); ++figure)
      std::copy_n(figures[figure].begin(), lanes, of_draws[figure].begin() + first);
  });

  const auto once = TimesBlock::once(numbered.count);
  const auto whole = figures_under(aurocs, precisions, once);
  const auto interval = [&](std::size_t place) { return draws.interval(whole[place].front(), of_draws[place]); };
  TaskIntervals out;
  for (std::size_t c = 0; c < classes; ++c) {
    out.auroc.push_back(interval(c));
    out.average_precision.push_back(interval(classes + c));
    // A class that the records themselves leave undefined is so in every resample: it is not counted as skipped.
    if (std::isnan(whole[c].front())) continue;
    const auto resamples = std::span(of_draws[c]).first(static_cast<std::size_t>(draws.resamples()));
    out.classes_skipped +=
        std::count_if(resamples.begin(), resamples.end(), [](double value) { return std::isnan(value); });
  }
  out.macro_auroc = interval(2 * classes);
  out.macro_average_precision = interval(2 * classes + 1);
  return out;
}

}  // namespace scar::evaluation
