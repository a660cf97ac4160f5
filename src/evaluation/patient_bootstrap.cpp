#include "scar/evaluation/patient_bootstrap.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "scar/core/error.h"

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

/// [models] under each count of a block, over the classes in `used`; NaN where a part has no class left. `skipped` [lanes]
/// counts the classes that are not defined for every model.
std::vector<LaneValues> values_under(const Models& models, const std::vector<std::vector<std::uint8_t>>& used,
                                     const TimesBlock& times, std::array<std::int64_t, kLanes>& skipped) {
  std::vector<LaneValues> out(models.size(), LaneValues{}), of_class(models.size());
  const auto parts = static_cast<double>(used.size());
  for (std::size_t part = 0; part < used.size(); ++part) {
    std::vector<LaneValues> sum(models.size(), LaneValues{});
    LaneValues classes{};
    for (std::size_t label = 0; label < used[part].size(); ++label) {
      if (used[part][label] == 0) continue;
      for (std::size_t model = 0; model < models.size(); ++model)
        of_class[model] = evaluation::values_under(*models[model]->parts[part][label], times);
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        if (std::any_of(of_class.begin(), of_class.end(),
                        [&](const auto& values) { return std::isnan(values[lane]); })) {
          ++skipped[lane];
          continue;
        }
        classes[lane] += 1;
        for (std::size_t model = 0; model < models.size(); ++model) sum[model][lane] += of_class[model][lane];
      }
    }
    for (std::size_t model = 0; model < models.size(); ++model) {
      for (std::size_t lane = 0; lane < kLanes; ++lane)
        out[model][lane] += sum[model][lane] / classes[lane] / parts;  // 0 / 0: not defined
    }
  }
  return out;
}

/// Which classes are defined for every model when every patient counts once.
std::vector<std::vector<std::uint8_t>> defined_classes(const Models& models, const TimesBlock& once) {
  std::vector<std::vector<std::uint8_t>> out;
  for (std::size_t part = 0; part < models.front()->parts.size(); ++part) {
    auto& row = out.emplace_back();
    for (std::size_t label = 0; label < models.front()->parts[part].size(); ++label) {
      const bool defined = std::all_of(models.begin(), models.end(), [&](const Figure* figure) {
        const auto& statistic = figure->parts[part][label];
        return statistic && !std::isnan(evaluation::values_under(*statistic, once).front());
      });
      row.push_back(defined ? 1 : 0);
    }
  }
  return out;
}

}  // namespace

std::vector<BootstrappedFigure> bootstrap_patients(const std::vector<Models>& figures, const PatientDraws& draws) {
  const auto once = TimesBlock::once(draws.patients());
  std::vector<BootstrappedFigure> out(figures.size());
  std::vector<std::vector<std::int64_t>> skipped(figures.size());  // [figures][draws]
  for (std::size_t f = 0; f < figures.size(); ++f) {
    check_shape(figures[f]);
    auto& figure = out[f];
    figure.used = defined_classes(figures[f], once);
    std::array<std::int64_t, kLanes> none{};
    for (const auto& values : values_under(figures[f], figure.used, once, none))
      figure.values.push_back(std::isnan(values.front()) ? std::optional<double>() : values.front());
    figure.of_draws.assign(figures[f].size(), std::vector<double>(static_cast<std::size_t>(draws.count()),
                                                                  std::numeric_limits<double>::quiet_NaN()));
    skipped[f].assign(static_cast<std::size_t>(draws.count()), 0);
  }
  draws.for_each_block([&](std::int64_t first, std::int64_t lanes, const TimesBlock& block) {
    for (std::size_t f = 0; f < figures.size(); ++f) {
      if (!out[f].values.front()) continue;
      std::array<std::int64_t, kLanes> lost{};
      const auto values = values_under(figures[f], out[f].used, block, lost);
      for (std::int64_t lane = 0; lane < lanes; ++lane) {
        const auto draw = static_cast<std::size_t>(first + lane), at = static_cast<std::size_t>(lane);
        skipped[f][draw] = lost[at];
        for (std::size_t model = 0; model < values.size(); ++model) out[f].of_draws[model][draw] = values[model][at];
      }
    }
  });
  for (std::size_t f = 0; f < figures.size(); ++f) {
    for (std::size_t draw = 0; draw < static_cast<std::size_t>(draws.resamples()); ++draw) {
      out[f].classes_skipped += skipped[f][draw];
      out[f].resamples_undefined += std::isnan(out[f].of_draws.front()[draw]) ? 1 : 0;
    }
  }
  return out;
}

}  // namespace scar::evaluation
