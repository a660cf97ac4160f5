#include "scar/evaluation/subgroups.h"

#include <array>
#include <cmath>
#include <map>
#include <set>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/evaluation/patient_draws.h"

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

/// Over the classes that are defined in both; NaN without one.
struct Means {
  LaneValues group{}, rest{}, classes{};
};

Means means_under(const std::vector<WeightedAuroc>& group, const std::vector<WeightedAuroc>& rest,
                  const TimesBlock& times) {
  Means out;
  for (std::size_t column = 0; column < group.size(); ++column) {
    const auto inside = group[column].under(times), outside = rest[column].under(times);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if (std::isnan(inside[lane]) || std::isnan(outside[lane])) continue;
      out.group[lane] += inside[lane];
      out.rest[lane] += outside[lane];
      out.classes[lane] += 1;
    }
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    out.group[lane] /= out.classes[lane];
    out.rest[lane] /= out.classes[lane];
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
  const auto once = TimesBlock::once(patients.count);
  const auto whole = means_under(group, rest, once);
  out.classes = static_cast<std::int64_t>(whole.classes.front());
  if (out.classes == 0) return out;
  out.macro_auroc = whole.group.front();
  out.rest_macro_auroc = whole.rest.front();
  out.gap = *out.macro_auroc - *out.rest_macro_auroc;
  const PatientDraws draws(patients.count, options);
  std::vector<double> values(static_cast<std::size_t>(draws.count())), gaps(values);
  draws.for_each_block([&](std::int64_t first, std::int64_t lanes, const TimesBlock& block) {
    const auto drawn = means_under(group, rest, block);
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      const auto draw = static_cast<std::size_t>(first + lane), at = static_cast<std::size_t>(lane);
      values[draw] = drawn.group[at];
      gaps[draw] = drawn.group[at] - drawn.rest[at];
    }
  });
  out.macro_auroc_ci95 = draws.interval(*out.macro_auroc, values);
  out.gap_ci95 = draws.interval(*out.gap, gaps);
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
