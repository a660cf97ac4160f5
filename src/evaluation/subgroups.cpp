#include "scar/evaluation/subgroups.h"

#include <array>
#include <map>
#include <set>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/parallel.h"
#include "scar/evaluation/patient_statistic.h"

namespace scar::evaluation {
namespace {

/// AUROC of each class within some rows.
std::vector<WeightedAuroc> aurocs_of(const ScoreTable& table, const std::vector<std::int64_t>& rows,
                                     const Patients& patients) {
  const auto part = table.subset(rows);
  std::vector<std::uint32_t> of_rows;
  for (const auto row : rows) of_rows.push_back(patients.of_record[static_cast<std::size_t>(row)]);
  std::vector<WeightedAuroc> out;
  for (std::int64_t column = 0; column < part.columns(); ++column)
    out.emplace_back(part.column_scores(column), part.column_labels(column), of_rows);
  return out;
}

struct Means {
  double group = 0, rest = 0;
  std::int64_t classes = 0;  // defined in both; 0: no means
};

Means means_under(const std::vector<WeightedAuroc>& group, const std::vector<WeightedAuroc>& rest, Times times) {
  Means out;
  for (std::size_t column = 0; column < group.size(); ++column) {
    const auto inside = group[column].under(times);
    if (!inside) continue;
    const auto outside = rest[column].under(times);
    if (!outside) continue;
    out.group += *inside;
    out.rest += *outside;
    ++out.classes;
  }
  if (out.classes > 0) {
    out.group /= static_cast<double>(out.classes);
    out.rest /= static_cast<double>(out.classes);
  }
  return out;
}

Subgroup score_group(const ScoreTable& table, const Patients& patients, const std::vector<std::int64_t>& inside,
                     const std::vector<std::int64_t>& outside, const BootstrapOptions& options) {
  Subgroup out;
  out.records = static_cast<std::int64_t>(inside.size());
  std::set<std::uint32_t> counted;
  for (const auto row : inside) counted.insert(patients.of_record[static_cast<std::size_t>(row)]);
  out.patients = static_cast<std::int64_t>(counted.size());
  if (out.records < kSmallestSubgroup || static_cast<std::int64_t>(outside.size()) < kSmallestSubgroup) return out;
  const auto group = aurocs_of(table, inside, patients), rest = aurocs_of(table, outside, patients);
  const std::vector<std::uint32_t> once(patients.count, 1);
  const auto whole = means_under(group, rest, once);
  out.classes = whole.classes;
  if (whole.classes == 0) return out;
  out.macro_auroc = whole.group;
  out.rest_macro_auroc = whole.rest;
  out.gap = whole.group - whole.rest;
  std::vector<Means> drawn(static_cast<std::size_t>(options.resamples));
  for_each_parallel(0, options.resamples, options.jobs, [&](std::int64_t resample) {
    drawn[static_cast<std::size_t>(resample)] =
        means_under(group, rest, draw_patients(patients.count, options.seed, resample));
  });
  std::vector<double> values, gaps;
  for (const auto& each : drawn) {
    if (each.classes == 0) continue;
    values.push_back(each.group);
    gaps.push_back(each.group - each.rest);
  }
  out.macro_auroc_ci95 = percentile_interval(values);
  out.gap_ci95 = percentile_interval(gaps);
  return out;
}

}  // namespace

std::string age_group(int age) {
  if (age < 0) return "";
  constexpr std::array<int, 6> kFrom = {18, 40, 50, 60, 70, 80};
  if (age < kFrom.front()) return cat("0-", kFrom.front() - 1);
  for (std::size_t i = 0; i + 1 < kFrom.size(); ++i) {
    if (age < kFrom[i + 1]) return cat(kFrom[i], "-", kFrom[i + 1] - 1);
  }
  return cat(kFrom.back(), "+");
}

std::vector<SubgroupScores> score_subgroups(const ScoreTable& table, const std::vector<std::string>& patients,
                                            const std::vector<Grouping>& groupings, const BootstrapOptions& options) {
  const auto numbered = number_patients(patients);
  std::vector<SubgroupScores> out;
  for (const auto& grouping : groupings) {
    if (static_cast<std::int64_t>(grouping.of_record.size()) != table.rows)
      throw Error(Code::internal, "a grouping of other records").at(grouping.attribute);
    std::map<std::string, std::vector<std::int64_t>> rows;
    for (std::int64_t row = 0; row < table.rows; ++row) {
      const auto& group = grouping.of_record[static_cast<std::size_t>(row)];
      rows[group.empty() ? "unknown" : group].push_back(row);
    }
    if (rows.size() < 2) continue;
    SubgroupScores scores{grouping.attribute, {}};
    for (const auto& [name, inside] : rows) {
      std::vector<std::int64_t> outside;
      for (const auto& [other, others] : rows) {
        if (other != name) outside.insert(outside.end(), others.begin(), others.end());
      }
      scores.groups.push_back(score_group(table, numbered, inside, outside, options));
      scores.groups.back().group = name;
    }
    out.push_back(std::move(scores));
  }
  return out;
}

}  // namespace scar::evaluation
