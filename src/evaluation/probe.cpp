#include "scar/evaluation/probe.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <ATen/ATen.h>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/evaluation/scorer.h"

namespace scar::evaluation {
namespace {

at::Tensor targets_of(const ProbePart& part, std::int64_t classes) {
  auto out = at::empty({part.rows(), classes}, at::kDouble);
  std::copy(part.labels.begin(), part.labels.end(), out.data_ptr<double>());
  return out;
}

TaskScore score(const LogisticModel& model, const at::Tensor& features, const ProbePart& part,
                const std::vector<std::string>& classes) {
  const auto logits = model.scores(features).contiguous();
  ScoreTable table;
  table.classes = classes;
  table.rows = part.rows();
  table.scores.assign(logits.data_ptr<double>(), logits.data_ptr<double>() + logits.numel());
  table.labels = part.labels;
  return score_task(table);
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

}  // namespace

std::vector<double> c_grid() {
  std::vector<double> out;
  for (int i = 0; i < 45; ++i) out.push_back(std::pow(10.0, -6.0 + 11.0 * i / 44.0));
  return out;
}

ProbeResult linear_probe(const ProbePart& train, const ProbePart& selection, const ProbePart& evaluation,
                         const std::vector<std::string>& classes, const ProbeOptions& options) {
  const auto count = static_cast<std::int64_t>(classes.size());
  for (const auto* part : {&train, &selection, &evaluation}) {
    if (part->rows() == 0)
      throw Error(Code::split_empty, "a linear probe needs rows to train, to choose C and to evaluate");
    if (static_cast<std::int64_t>(part->labels.size()) != part->rows() * count) {
      throw Error(Code::internal, "labels of a probe do not fit its features");
    }
    if (!at::isfinite(part->features).all().item<bool>()) {
      throw Error(Code::undefined_score, "features hold values that are not finite");
    }
  }
  const auto raw = train.features.to(at::kDouble);
  const auto mean = raw.mean(0, true);
  auto deviation = raw.std(0, /*unbiased=*/false, /*keepdim=*/true);
  deviation = at::where(deviation > 1e-12, deviation, at::ones_like(deviation));
  const auto standardise = [&](const ProbePart& part) {
    return ((part.features.to(at::kDouble) - mean) / deviation).contiguous();
  };
  const auto x = standardise(train), x_selection = standardise(selection);
  const auto y = targets_of(train, count);

  ProbeResult out;
  out.grid = options.grid.empty() ? c_grid() : options.grid;
  const auto share = y.mean(0);
  for (std::int64_t label = 0; label < count; ++label) {
    const double positive = share[label].item<double>();
    if (positive <= 0 || positive >= 1) out.absent.push_back(classes[static_cast<std::size_t>(label)]);
  }

  const LogisticRegression regression(x, y, options.solver);
  auto model = zero_model(x.size(1), count);
  LogisticModel chosen;
  for (const double c : out.grid) {  // from the strongest penalty on, each starting where the one before ended
    model = regression.fit(c, model);
    for (const auto converged : model.converged) out.unconverged += converged != 0 ? 0 : 1;
    const auto scored = score(model, x_selection, selection, classes);
    require_defined(scored, "the records that choose C");
    out.selection_auroc.push_back(scored.macro_auroc);
    if (!chosen.weight.defined() || *scored.macro_auroc > *out.selection.macro_auroc) {
      chosen = model;
      out.selection = scored;
      out.c = c;
    }
  }
  out.evaluation = score(chosen, standardise(evaluation), evaluation, classes);
  require_defined(out.evaluation, "the evaluated records");

  TaskScore present = out.evaluation;
  std::erase_if(present.classes, [&](const ClassScore& entry) {
    return std::find(out.absent.begin(), out.absent.end(), entry.name) != out.absent.end();
  });
  summarise(present);
  out.macro_present = present.macro_auroc;
  return out;
}

std::vector<std::int64_t> labelled_subset(const std::vector<std::string>& patients, const std::vector<std::string>& ids,
                                          double fraction, std::uint64_t seed) {
  if (!(fraction > 0) || fraction > 1) {
    throw Error(Code::out_of_range, "the share of labelled records is out of range")
        .got(cat(fraction))
        .wanted("more than 0, at most 1");
  }
  std::map<std::pair<std::uint64_t, std::string>, std::vector<std::int64_t>> by_patient;  // in hash order
  for (std::size_t row = 0; row < ids.size(); ++row) {
    const auto name = patients[row].empty() ? cat("record ", ids[row]) : cat("patient ", patients[row]);
    by_patient[{choice_hash(seed, "labelled subset", "", name), name}].push_back(static_cast<std::int64_t>(row));
  }
  const auto wanted = static_cast<std::size_t>(std::llround(fraction * static_cast<double>(ids.size())));
  std::vector<std::int64_t> out;
  for (const auto& [key, rows] : by_patient) {
    if (!out.empty() && out.size() >= wanted) break;
    out.insert(out.end(), rows.begin(), rows.end());
  }
  std::sort(out.begin(), out.end());
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
    out.rule = cat("trained on folds ", list(out.train), ", C chosen on folds ", list(out.selection),
                   ", evaluated on the test folds ", list(out.evaluation));
  } else {
    out.evaluation = those_present(validation, present);
    if (out.train.size() > 1) {
      out.selection = {out.train.back()};
      out.train.pop_back();
    }
    out.rule = cat("the store holds no test folds: evaluated on the validation folds ", list(out.evaluation),
                   ", C chosen on the train folds ", list(out.selection), ", trained on folds ", list(out.train));
  }
  if (out.train.empty() || out.selection.empty() || out.evaluation.empty()) {
    throw Error(Code::split_empty, "the store has not the folds that a linear probe needs")
        .got(cat("folds ", list(present)))
        .wanted("train and validation folds; without test folds at least two train folds");
  }
  return out;
}

}  // namespace scar::evaluation
