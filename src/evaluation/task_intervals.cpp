#include "scar/evaluation/task_intervals.h"

#include <cmath>
#include <limits>

#include "scar/core/parallel.h"
#include "scar/evaluation/patient_statistic.h"

namespace scar::evaluation {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

struct Resampled {
  std::vector<double> figures;  // AUROC by class, AP by class, their means
  std::int64_t skipped = 0;
};

Resampled figures_under(const std::vector<WeightedAuroc>& aurocs,
                        const std::vector<WeightedAveragePrecision>& precisions, Times times) {
  Resampled out;
  double auroc = 0, precision = 0;
  std::int64_t with_auroc = 0, with_precision = 0;
  const auto add = [&](const std::optional<double>& value, double& sum, std::int64_t& n) {
    out.figures.push_back(value.value_or(kUndefined));
    if (!value) return;
    sum += *value;
    ++n;
  };
  for (const auto& each : aurocs) add(each.under(times), auroc, with_auroc);
  for (const auto& each : precisions) add(each.under(times), precision, with_precision);
  out.skipped = static_cast<std::int64_t>(aurocs.size()) - with_auroc;
  out.figures.push_back(with_auroc == 0 ? kUndefined : auroc / static_cast<double>(with_auroc));
  out.figures.push_back(with_precision == 0 ? kUndefined : precision / static_cast<double>(with_precision));
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
  std::vector<Resampled> resampled(static_cast<std::size_t>(options.resamples));
  for_each_parallel(0, options.resamples, options.jobs, [&](std::int64_t resample) {
    const auto times = draw_patients(numbered.count, options.seed, resample);
    resampled[static_cast<std::size_t>(resample)] = figures_under(aurocs, precisions, times);
  });

  // A class that the records themselves leave undefined is so in every resample: it is not counted as skipped.
  const std::vector<std::uint32_t> once(numbered.count, 1);
  const auto whole = figures_under(aurocs, precisions, once);
  TaskIntervals out;
  const auto interval = [&](std::size_t place) -> std::optional<Interval> {
    if (std::isnan(whole.figures[place])) return std::nullopt;
    std::vector<double> values;
    for (const auto& each : resampled) {
      if (!std::isnan(each.figures[place])) values.push_back(each.figures[place]);
    }
    return percentile_interval(values);
  };
  const auto classes = aurocs.size();
  for (std::size_t c = 0; c < classes; ++c) {
    out.auroc.push_back(interval(c));
    out.average_precision.push_back(interval(classes + c));
  }
  out.macro_auroc = interval(2 * classes);
  out.macro_average_precision = interval(2 * classes + 1);
  for (const auto& each : resampled) out.classes_skipped += each.skipped - whole.skipped;
  return out;
}

}  // namespace scar::evaluation
