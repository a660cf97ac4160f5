#include "scar/evaluation/macro_mean.h"

#include <cmath>
#include <utility>

namespace scar::evaluation {

std::vector<MacroMean> macro_figures(std::vector<std::vector<std::optional<ClassStatistic>>> statistics,
                                     const Patients& patients, const BootstrapOptions& options) {
  const auto once = TimesBlock::once(patients.count);
  const auto value_of = [&](const ClassStatistic& statistic) -> std::optional<double> {
    const double value = values_under(statistic, once).front();
    return std::isnan(value) ? std::nullopt : std::optional(value);
  };
  std::vector<Figure> figures;
  std::vector<MacroMean> out;
  for (auto& groups : statistics) {
    auto& mean = out.emplace_back();
    for (const auto& group : groups) mean.by_group.push_back(group ? value_of(*group) : std::nullopt);
    figures.push_back({{std::move(groups)}});
  }
  std::vector<std::vector<const Figure*>> asked;
  for (const auto& figure : figures) asked.push_back({&figure});
  const PatientDraws draws(patients.count, options);
  const auto drawn = bootstrap_patients(asked, draws);
  for (std::size_t f = 0; f < out.size(); ++f) {
    out[f].value = drawn[f].values.front();
    if (patients.count > 1 && out[f].value) out[f].interval = draws.interval(*out[f].value, drawn[f].of_draws.front());
  }
  return out;
}

std::vector<MacroMean> macro_means(const std::vector<std::vector<double>>& values,
                                   const std::vector<std::size_t>& group, std::size_t groups,
                                   const std::vector<std::string>& patients, const BootstrapOptions& options) {
  const auto numbered = number_patients(patients);
  std::vector<std::vector<std::optional<ClassStatistic>>> statistics;
  for (const auto& figure : values) {
    std::vector<std::vector<double>> of_group(groups);
    std::vector<std::vector<std::uint32_t>> who(groups);
    for (std::size_t i = 0; i < figure.size(); ++i) {
      if (std::isnan(figure[i])) continue;
      of_group[group[i]].push_back(figure[i]);
      who[group[i]].push_back(numbered.of_record[i]);
    }
    auto& row = statistics.emplace_back();
    for (std::size_t g = 0; g < groups; ++g) {
      const std::vector<double> ones(of_group[g].size(), 1.0);
      row.push_back(ones.empty() ? std::optional<ClassStatistic>() : WeightedRatio(of_group[g], ones, who[g]));
    }
  }
  return macro_figures(std::move(statistics), numbered, options);
}

}  // namespace scar::evaluation
