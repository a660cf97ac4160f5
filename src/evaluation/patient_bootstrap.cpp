#include "scar/evaluation/patient_bootstrap.h"

#include <algorithm>
#include <cmath>

#include "scar/core/error.h"
#include "scar/core/parallel.h"
#include "scar/core/random.h"

namespace scar::evaluation {
namespace {

using Models = std::vector<const Figure*>;

void check_shape(const Models& models) {
  if (models.empty()) throw Error(Code::internal, "a bootstrap of no model");
  const auto& first = models.front()->parts;
  for (const auto* figure : models) {
    bool equal = figure->parts.size() == first.size() && !first.empty();
    for (std::size_t part = 0; equal && part < first.size(); ++part) {
      equal = figure->parts[part].size() == first[part].size();
    }
    if (!equal) throw Error(Code::internal, "figures of different parts or classes are bootstrapped together");
  }
}

/// [models] under `times`, over the classes in `used`; empty if a part has no class left.
std::vector<double> values_under(const Models& models, const std::vector<std::vector<std::uint8_t>>& used, Times times,
                                 std::int64_t& skipped) {
  std::vector<double> out(models.size(), 0.0), of_class(models.size());
  const auto parts = static_cast<double>(used.size());
  for (std::size_t part = 0; part < used.size(); ++part) {
    std::vector<double> sum(models.size(), 0.0);
    std::int64_t classes = 0;
    for (std::size_t label = 0; label < used[part].size(); ++label) {
      if (used[part][label] == 0) continue;
      bool defined = true;
      for (std::size_t model = 0; defined && model < models.size(); ++model) {
        const auto value = value_under(*models[model]->parts[part][label], times);
        defined = value.has_value();
        of_class[model] = value.value_or(0);
      }
      if (!defined) {
        ++skipped;
        continue;
      }
      ++classes;
      for (std::size_t model = 0; model < models.size(); ++model) sum[model] += of_class[model];
    }
    if (classes == 0) return {};
    for (std::size_t model = 0; model < models.size(); ++model) {
      out[model] += sum[model] / static_cast<double>(classes) / parts;
    }
  }
  return out;
}

/// Which classes are defined for every model when every patient counts once.
std::vector<std::vector<std::uint8_t>> defined_classes(const Models& models, Times once) {
  std::vector<std::vector<std::uint8_t>> out;
  for (std::size_t part = 0; part < models.front()->parts.size(); ++part) {
    auto& row = out.emplace_back();
    for (std::size_t label = 0; label < models.front()->parts[part].size(); ++label) {
      row.push_back(std::all_of(models.begin(), models.end(),
                                [&](const Figure* figure) {
                                  const auto& statistic = figure->parts[part][label];
                                  return statistic && value_under(*statistic, once);
                                })
                        ? 1
                        : 0);
    }
  }
  return out;
}

}  // namespace

std::vector<std::uint32_t> draw_patients(std::uint32_t patients, std::uint64_t seed, std::int64_t resample) {
  CounterRandom random(seed, "patients with replacement", static_cast<std::uint64_t>(resample));
  std::vector<std::uint32_t> times(patients, 0);
  for (std::uint32_t i = 0; i < patients; ++i) ++times[static_cast<std::size_t>(random.below(patients))];
  return times;
}

std::vector<BootstrappedFigure> bootstrap_patients(const std::vector<Models>& figures, std::uint32_t patients,
                                                   const BootstrapOptions& options) {
  const std::vector<std::uint32_t> once(patients, 1);
  std::vector<BootstrappedFigure> out(figures.size());
  for (std::size_t f = 0; f < figures.size(); ++f) {
    check_shape(figures[f]);
    out[f].used = defined_classes(figures[f], once);
    out[f].resampled.resize(figures[f].size());
    std::int64_t none = 0;
    const auto values = values_under(figures[f], out[f].used, once, none);
    for (std::size_t model = 0; model < figures[f].size(); ++model) {
      out[f].values.push_back(values.empty() ? std::optional<double>() : values[model]);
    }
  }

  struct Drawn {
    std::vector<std::vector<double>> values;  // [figures][models]
    std::vector<std::int64_t> skipped;        // [figures]
  };
  std::vector<Drawn> drawn(static_cast<std::size_t>(options.resamples));
  for_each_parallel(0, options.resamples, options.jobs, [&](std::int64_t resample) {
    const auto times = draw_patients(patients, options.seed, resample);
    auto& mine = drawn[static_cast<std::size_t>(resample)];
    mine.skipped.assign(figures.size(), 0);
    for (std::size_t f = 0; f < figures.size(); ++f) {
      const bool defined = out[f].values.front().has_value();
      mine.values.push_back(defined ? values_under(figures[f], out[f].used, times, mine.skipped[f])
                                    : std::vector<double>{});
    }
  });
  for (const auto& each : drawn) {
    for (std::size_t f = 0; f < figures.size(); ++f) {
      out[f].classes_skipped += each.skipped[f];
      if (each.values[f].empty()) ++out[f].resamples_undefined;
      for (std::size_t model = 0; model < each.values[f].size(); ++model) {
        out[f].resampled[model].push_back(each.values[f][model]);
      }
    }
  }
  return out;
}

double quantile(std::vector<double> values, double share) {
  if (values.empty()) throw Error(Code::internal, "a quantile of nothing");
  const double place = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(below), values.end());
  const double low = values[below];
  if (below + 1 == values.size()) return low;
  const double high = *std::min_element(values.begin() + static_cast<std::ptrdiff_t>(below) + 1, values.end());
  return low + (place - static_cast<double>(below)) * (high - low);
}

std::optional<Interval> percentile_interval(const std::vector<double>& values, double level) {
  if (values.empty()) return std::nullopt;
  return Interval{quantile(values, (1 - level) / 2), quantile(values, (1 + level) / 2)};
}

}  // namespace scar::evaluation
