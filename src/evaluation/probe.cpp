#include "scar/evaluation/probe.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::evaluation {
namespace {

at::Tensor targets_of(const ProbePart& part, std::int64_t classes) {
  auto out = at::empty({part.rows(), classes}, at::kDouble);
  std::copy(part.labels.begin(), part.labels.end(), out.data_ptr<double>());
  return out;
}

std::string list(const std::vector<int>& folds) {
  std::string out;
  for (const int fold : folds) out += cat(out.empty() ? "" : ", ", fold);
  return out;
}

std::vector<int> those_present(const std::vector<int>& folds, const std::vector<int>& present) {
  std::vector<int> out;
  for (const int fold : folds) {
    if (std::find(present.begin(), present.end(), fold) != present.end()) out.push_back(fold);
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// A probe without weights yet.
FittedProbe standardised_by(const ProbePart& train, const std::vector<std::string>& classes) {
  FittedProbe out;
  out.classes = classes;
  const auto raw = train.features.to(at::kDouble);
  out.mean = raw.mean(0, true);
  out.deviation = raw.std(0, /*unbiased=*/false, /*keepdim=*/true);
  out.deviation = at::where(out.deviation > 1e-12, out.deviation, at::ones_like(out.deviation));
  out.absent = absent_classes(train.labels, classes);
  return out;
}

at::Tensor standardise(const FittedProbe& probe, const at::Tensor& features) {
  return ((features.to(at::kDouble) - probe.mean) / probe.deviation).contiguous();
}

void copy_class(const LogisticModel& from, LogisticModel& to, std::int64_t label) {
  to.weight.select(1, label).copy_(from.weight.select(1, label));
  to.bias[label].copy_(from.bias[label]);
}

LogisticModel copy_of(const LogisticModel& model) {
  auto out = model;
  out.weight = model.weight.clone();
  out.bias = model.bias.clone();
  return out;
}

std::int64_t count_unconverged(const LogisticModel& model) {
  return std::count(model.converged.begin(), model.converged.end(), 0);
}

}  // namespace

ProbePart rows_of(const ProbePart& part, const std::vector<std::int64_t>& rows, std::size_t classes) {
  ProbePart out;
  out.features = part.features.index_select(0, at::tensor(rows, at::TensorOptions().dtype(at::kLong)));
  for (const auto row : rows) {
    const auto first = part.labels.begin() + row * static_cast<std::ptrdiff_t>(classes);
    out.labels.insert(out.labels.end(), first, first + static_cast<std::ptrdiff_t>(classes));
  }
  return out;
}

ProbePart both_of(const ProbePart& a, const ProbePart& b) {
  ProbePart out{at::cat({a.features, b.features}), a.labels};
  out.labels.insert(out.labels.end(), b.labels.begin(), b.labels.end());
  return out;
}

void check_part(const ProbePart& part, std::size_t classes) {
  if (part.rows() == 0) throw Error(Code::split_empty, "a probe needs rows to train, to choose and to evaluate");
  if (part.labels.size() != static_cast<std::size_t>(part.rows()) * classes)
    throw Error(Code::internal, "labels of a probe do not fit its features");
  if (!at::isfinite(part.features).all().item<bool>())
    throw Error(Code::undefined_score, "features hold values that are not finite");
}

std::vector<std::string> absent_classes(const std::vector<std::uint8_t>& labels,
                                        const std::vector<std::string>& classes) {
  const auto rows = static_cast<std::int64_t>(labels.size() / classes.size());
  std::vector<std::string> out;
  for (std::size_t label = 0; label < classes.size(); ++label) {
    std::int64_t positives = 0;
    for (std::size_t i = label; i < labels.size(); i += classes.size()) positives += labels[i];
    if (positives == 0 || positives == rows) out.push_back(classes[label]);
  }
  return out;
}

std::optional<double> macro_without(const TaskScore& score, const std::vector<std::string>& absent) {
  std::vector<std::optional<double>> values;
  for (const auto& entry : score.classes) {
    if (std::find(absent.begin(), absent.end(), entry.name) == absent.end()) values.push_back(entry.auroc);
  }
  return mean_defined(values);
}

std::vector<std::optional<double>> column_aurocs(const at::Tensor& scores, const std::vector<std::uint8_t>& labels) {
  const auto columns = scores.to(at::kDouble).t().contiguous();
  const auto classes = static_cast<std::size_t>(columns.size(0)), rows = static_cast<std::size_t>(columns.size(1));
  const auto* values = columns.data_ptr<double>();
  std::vector<std::optional<double>> out;
  std::vector<std::uint8_t> truth(rows);
  for (std::size_t label = 0; label < classes; ++label) {
    for (std::size_t row = 0; row < rows; ++row) truth[row] = labels[row * classes + label];
    out.push_back(auroc({values + label * rows, rows}, truth));
  }
  return out;
}

std::optional<double> mean_defined(const std::vector<std::optional<double>>& values) {
  double sum = 0;
  std::int64_t defined = 0;
  for (const auto& value : values) {
    if (!value) continue;
    sum += *value;
    ++defined;
  }
  return defined == 0 ? std::nullopt : std::optional(sum / static_cast<double>(defined));
}

std::vector<double> c_grid() {
  std::vector<double> out;
  for (int i = 0; i < 45; ++i) out.push_back(std::pow(10.0, -6.0 + 11.0 * i / 44.0));
  return out;
}

ScoreTable FittedProbe::answer(const ProbePart& part) const {
  check_part(part, classes.size());
  const auto logits = model.scores(standardise(*this, part.features)).contiguous();
  ScoreTable table;
  table.classes = classes;
  table.rows = part.rows();
  table.scores.assign(logits.data_ptr<double>(), logits.data_ptr<double>() + logits.numel());
  table.labels = part.labels;
  return table;
}

FittedProbe fit_probe(const ProbePart& train, const ProbePart& selection, const std::vector<std::string>& classes,
                      const ProbeOptions& options) {
  for (const auto* part : {&train, &selection}) check_part(*part, classes.size());
  const auto count = static_cast<std::int64_t>(classes.size());
  auto out = standardised_by(train, classes);
  out.grid = options.grid.empty() ? c_grid() : options.grid;
  const auto x = standardise(out, train.features), x_selection = standardise(out, selection.features);
  const LogisticRegression regression(x, targets_of(train, count), options.solver);

  auto model = zero_model(x.size(1), count);
  std::optional<double> best;
  double common = 0;
  LogisticModel own = copy_of(model);  // of the classes that choose for themselves
  std::vector<std::optional<double>> own_best(classes.size());
  std::vector<double> own_c(classes.size());
  for (const double c : out.grid) {  // from the strongest penalty on
    model = regression.fit(c, model);
    out.unconverged += count_unconverged(model);
    const auto aurocs = column_aurocs(model.scores(x_selection), selection.labels);
    const auto macro = mean_defined(aurocs);
    if (!macro) {
      throw Error(Code::undefined_score, "no class has positives and negatives among the records that choose C")
          .got(cat(selection.rows(), " records"));
    }
    out.selection_auroc.push_back(macro);
    if (!best || *macro > *best) {
      best = macro;
      common = c;
      out.model = model;
    }
    if (!options.c_per_class) continue;
    for (std::size_t label = 0; label < classes.size(); ++label) {
      if (!aurocs[label] || (own_best[label] && *aurocs[label] <= *own_best[label])) continue;
      own_best[label] = aurocs[label];
      own_c[label] = c;
      copy_class(model, own, static_cast<std::int64_t>(label));
    }
  }
  out.c.assign(classes.size(), common);
  if (options.c_per_class) {
    out.model = copy_of(out.model);
    for (std::size_t label = 0; label < classes.size(); ++label) {
      if (!own_best[label]) continue;
      out.c[label] = own_c[label];
      copy_class(own, out.model, static_cast<std::int64_t>(label));
    }
  }
  return out;
}

FittedProbe refit_probe(const FittedProbe& chosen, const ProbePart& train, const ProbePart& selection,
                        const LogisticOptions& solver) {
  const auto both = both_of(train, selection);
  check_part(both, chosen.classes.size());
  const auto count = static_cast<std::int64_t>(chosen.classes.size());
  auto out = standardised_by(both, chosen.classes);
  out.c = chosen.c;
  out.grid = chosen.c;
  std::sort(out.grid.begin(), out.grid.end());
  out.grid.erase(std::unique(out.grid.begin(), out.grid.end()), out.grid.end());
  const LogisticRegression regression(standardise(out, both.features), targets_of(both, count), solver);
  auto model = zero_model(both.features.size(1), count);
  out.model = copy_of(model);
  for (const double c : out.grid) {
    model = regression.fit(c, model);
    for (std::int64_t label = 0; label < count; ++label) {
      const auto l = static_cast<std::size_t>(label);
      if (out.c[l] != c) continue;
      copy_class(model, out.model, label);
      out.unconverged += model.converged[l] != 0 ? 0 : 1;
    }
  }
  return out;
}

ProbeSplit probe_split(const std::vector<int>& train, const std::vector<int>& validation, const std::vector<int>& test,
                       const std::vector<int>& present) {
  ProbeSplit out;
  const auto test_there = those_present(test, present);
  out.train = those_present(train, present);
  if (!test_there.empty()) {
    out.selection = those_present(validation, present);
    out.evaluation = test_there;
    out.rule = cat("trained on folds ", list(out.train), ", chosen on folds ", list(out.selection),
                   ", evaluated on the test folds ", list(out.evaluation));
  } else {
    out.evaluation = those_present(validation, present);
    if (out.train.size() > 1) {
      out.selection = {out.train.back()};
      out.train.pop_back();
    }
    out.rule = cat("the store holds no test folds: evaluated on the validation folds ", list(out.evaluation),
                   ", chosen on the train folds ", list(out.selection), ", trained on folds ", list(out.train));
  }
  if (out.train.empty() || out.selection.empty() || out.evaluation.empty()) {
    throw Error(Code::split_empty, "the store has not the folds that a probe needs")
        .got(cat("folds ", list(present)))
        .wanted("train and validation folds; without test folds at least two train folds");
  }
  return out;
}

}  // namespace scar::evaluation
