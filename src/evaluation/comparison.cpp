#include "scar/evaluation/comparison.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::evaluation {
namespace {

using Group = std::vector<const ComparedModel*>;

const ComparedCondition* find(const ComparedModel& model, const std::string& name) {
  for (const auto& condition : model.conditions) {
    if (condition.name == name) return &condition;
  }
  return nullptr;
}

std::string value_of(const Identity& identity, const std::string& what) {
  for (const auto& [name, value] : identity) {
    if (name == what) return value;
  }
  return "nothing";
}

[[noreturn]] void refuse(const std::string& what, const std::string& under, const ComparedModel& first,
                         const std::string& one, const ComparedModel& second, const std::string& other) {
  throw Error(Code::store_mismatch, cat("the files differ in ", what, under.empty() ? "" : cat(" under ", under)))
      .at(cat(first.origin, " and ", second.origin))
      .got(cat(one, " and ", other))
      .wanted("the same: figures of different questions have no difference")
      .hint("evaluate both models with the same store, task, split, limits, prompts and masks (--masks FILE)");
}

void check_equal(const Identity& one, const Identity& other, const std::string& under, const ComparedModel& first,
                 const ComparedModel& second) {
  for (const auto& [what, value] : one) {
    if (value_of(other, what) != value) refuse(what, under, first, value, second, value_of(other, what));
  }
  for (const auto& [what, value] : other) {
    if (value_of(one, what) == "nothing") refuse(what, under, first, "nothing", second, value);
  }
}

void check_groups(const std::vector<ComparedModel>& a, const std::vector<ComparedModel>& b) {
  if (a.empty() || a.size() != b.size()) {
    throw Error(Code::usage, "both groups want equally many files, at least one")
        .at("command line: --a, --b")
        .got(cat(a.size(), " and ", b.size()))
        .hint("the first file of --a is paired with the first of --b, a run of the same seed, and so on");
  }
  for (const auto* group : {&a, &b}) {
    for (std::size_t i = 0; i < group->size(); ++i) {
      for (std::size_t j = i + 1; j < group->size(); ++j) {
        if ((*group)[i].weights_sha256 != (*group)[j].weights_sha256) continue;
        throw Error(Code::contradiction, "one model stands twice in a group of seeds")
            .at(cat((*group)[i].origin, " and ", (*group)[j].origin))
            .got(cat("weights ", (*group)[i].weights_sha256))
            .hint("each file of a group is another run; counting one twice would make the difference look surer");
      }
    }
  }
  if (a.size() < 2) return;  // one pair has no interval over seeds
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!a[i].seed || !b[i].seed || *a[i].seed == *b[i].seed) continue;
    throw Error(Code::contradiction, cat("pair ", i + 1, " is of two seeds"))
        .at(cat(a[i].origin, " and ", b[i].origin))
        .got(cat("seed ", *a[i].seed, " and seed ", *b[i].seed))
        .hint("name the files of both groups in the same order of seeds");
  }
}

std::vector<std::string> left_out_classes(const BootstrappedFigure& figure, const std::vector<std::string>& classes) {
  std::vector<std::string> out;
  for (std::size_t label = 0; label < classes.size(); ++label) {
    if (!std::all_of(figure.used.begin(), figure.used.end(), [&](const auto& part) { return part[label] != 0; })) {
      out.push_back(classes[label]);
    }
  }
  return out;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::vector<double> difference_of_means(const std::vector<std::vector<double>>& of_draws, std::size_t pairs) {
  std::vector<double> out(of_draws.front().size(), 0.0);
  for (std::size_t model = 0; model < of_draws.size(); ++model) {
    const double sign = model < pairs ? 1.0 : -1.0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] += sign * of_draws[model][i] / static_cast<double>(pairs);
    }
  }
  return out;
}

}  // namespace

Comparison compare_models(const std::vector<ComparedModel>& a, const std::vector<ComparedModel>& b,
                          const ComparisonOptions& options) {
  check_groups(a, b);
  Group models;
  for (const auto* group : {&a, &b}) {
    for (const auto& model : *group) models.push_back(&model);
  }
  const auto& first = *models.front();
  for (const auto* model : models) check_equal(first.identity, model->identity, "", first, *model);

  Comparison out;
  out.n_seeds = static_cast<std::int64_t>(a.size());
  out.n_patients = first.patients.count;
  std::vector<const ComparedCondition*> common;
  std::set<std::string> missing;
  for (const auto* model : models) {
    for (const auto& condition : model->conditions) {
      const bool everywhere = std::all_of(models.begin(), models.end(), [&](const ComparedModel* other) {
        return find(*other, condition.name) != nullptr;
      });
      if (!everywhere && missing.insert(condition.name).second) out.not_in_all.push_back(condition.name);
      if (everywhere && model == &first) common.push_back(&condition);
    }
  }
  for (const auto& endpoint : options.endpoints) {
    if (std::any_of(common.begin(), common.end(), [&](const auto* each) { return each->name == endpoint; })) continue;
    std::string there;
    for (const auto* each : common) there += cat(there.empty() ? "" : ", ", each->name);
    throw Error(Code::usage, cat("'", endpoint, "' is not a condition of every file"))
        .at("command line: --endpoint")
        .wanted(there.empty() ? "the files have no condition in common" : there);
  }
  if (common.empty()) {
    throw Error(Code::undefined_score, "the files have no condition in common")
        .at(cat(first.origin, " and others"))
        .hint("evaluate both models with the same --mask flags");
  }

  std::vector<std::vector<const Figure*>> figures;
  for (const auto* condition : common) {
    auto& row = figures.emplace_back();
    for (const auto* model : models) {
      const auto* other = find(*model, condition->name);
      check_equal(condition->identity, other->identity, condition->name, first, *model);
      row.push_back(&other->figure);
    }
  }
  const PatientDraws draws(first.patients.count, options.bootstrap);
  const auto bootstrapped = bootstrap_patients(figures, draws);

  for (std::size_t i = 0; i < common.size(); ++i) {
    const auto& result = bootstrapped[i];
    ConditionComparison row;
    row.name = common[i]->name;
    row.what = common[i]->what;
    row.left_out = left_out_classes(result, first.classes);
    row.classes_skipped = result.classes_skipped;
    row.resamples_undefined = result.resamples_undefined;
    std::set<std::int64_t> records;
    std::set<std::uint32_t> patients;
    for (const auto* model : models) {
      for (const auto record : find(*model, row.name)->records) {
        records.insert(record);
        patients.insert(first.patients.of_record[static_cast<std::size_t>(record)]);
      }
    }
    row.n_records = static_cast<std::int64_t>(records.size());
    row.n_patients = static_cast<std::int64_t>(patients.size());
    if (result.values.front()) {
      for (std::size_t model = 0; model < models.size(); ++model) {
        (model < a.size() ? row.of_a : row.of_b).push_back(*result.values[model]);
      }
      const double difference = mean_of(row.of_a) - mean_of(row.of_b);
      row.difference = paired_difference(row.of_a, row.of_b,
                                         draws.sampled(difference, difference_of_means(result.of_draws, a.size())));
    }
    row.endpoint = options.endpoints.empty() ||
                   std::find(options.endpoints.begin(), options.endpoints.end(), row.name) != options.endpoints.end();
    out.conditions.push_back(std::move(row));
  }

  std::vector<double> p;
  for (const auto& row : out.conditions) {
    if (row.endpoint) p.push_back(row.difference && row.difference->taken ? row.difference->taken->p : 1);
  }
  const auto adjusted = holm(p);
  std::size_t next = 0;
  for (auto& row : out.conditions) {
    if (row.endpoint) row.holm_p = adjusted[next++];
  }
  return out;
}

std::vector<std::optional<Interval>> own_intervals(const ComparedModel& model, const BootstrapOptions& options) {
  std::vector<std::vector<const Figure*>> figures;
  for (const auto& condition : model.conditions) figures.push_back({&condition.figure});
  std::vector<std::optional<Interval>> out;
  const PatientDraws draws(model.patients.count, options);
  for (const auto& result : bootstrap_patients(figures, draws)) {
    const auto& value = result.values.front();
    out.push_back(value ? draws.interval(*value, result.of_draws.front()) : std::nullopt);
  }
  return out;
}

}  // namespace scar::evaluation
