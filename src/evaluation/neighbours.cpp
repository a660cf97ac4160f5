#include "scar/evaluation/neighbours.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::evaluation {
namespace {

at::Tensor unit_rows(const NeighbourProbe& probe, const at::Tensor& features) {
  auto x = features.to(at::kDouble);
  if (probe.mean.defined()) x = (x - probe.mean) / probe.deviation;
  return (x / x.norm(2, -1, true).clamp_min(1e-12)).contiguous();
}

/// Scores [ks][n, classes] of some rows.
std::vector<at::Tensor> scores(const NeighbourProbe& probe, const at::Tensor& features,
                               const std::vector<std::int64_t>& ks) {
  const auto queries = unit_rows(probe, features);
  const auto& known = probe.train.features;
  const auto classes = static_cast<std::int64_t>(probe.classes.size());
  const auto labels =
      at::tensor(probe.train.labels, at::TensorOptions().dtype(at::kByte)).view({-1, classes}).to(at::kDouble);
  const auto most = ks.back();
  std::vector<std::vector<at::Tensor>> parts(ks.size());
  for (std::int64_t first = 0; first < queries.size(0); first += probe.options.query_chunk) {
    const auto asked = queries.narrow(0, first, std::min(probe.options.query_chunk, queries.size(0) - first));
    at::Tensor nearest, rows;  // [q, at most `most`], descending
    for (std::int64_t from = 0; from < known.size(0); from += probe.options.train_chunk) {
      const auto part = known.narrow(0, from, std::min(probe.options.train_chunk, known.size(0) - from));
      auto cosines = at::matmul(asked, part.t());
      auto numbers = at::arange(from, from + part.size(0), at::kLong).unsqueeze(0).expand_as(cosines);
      if (nearest.defined()) {
        cosines = at::cat({nearest, cosines}, 1);
        numbers = at::cat({rows, numbers}, 1);
      }
      const auto [values, places] = cosines.topk(std::min(most, cosines.size(1)), 1);
      nearest = values;
      rows = numbers.gather(1, places);
    }
    const auto weight = ((nearest - 1) / probe.options.temperature).exp();                            // [q, most]
    const auto voted = labels.index_select(0, rows.reshape({-1})).view({rows.size(0), -1, classes});  // [q, most, C]
    const auto votes = (voted * weight.unsqueeze(2)).cumsum(1), total = weight.cumsum(1);
    for (std::size_t i = 0; i < ks.size(); ++i)
      parts[i].push_back(votes.select(1, ks[i] - 1) / total.select(1, ks[i] - 1).unsqueeze(1));
  }
  std::vector<at::Tensor> out;
  for (const auto& of_k : parts) out.push_back(at::cat(of_k));
  return out;
}

}  // namespace

ScoreTable NeighbourProbe::answer(const ProbePart& part) const {
  check_part(part, classes.size());
  const auto shares = scores(*this, part.features, {k}).front().contiguous();
  ScoreTable table;
  table.classes = classes;
  table.rows = part.rows();
  table.scores.assign(shares.data_ptr<double>(), shares.data_ptr<double>() + shares.numel());
  table.labels = part.labels;
  return table;
}

NeighbourProbe fit_neighbours(const ProbePart& train, const ProbePart& selection,
                              const std::vector<std::string>& classes, const NeighbourOptions& options) {
  for (const auto* part : {&train, &selection}) check_part(*part, classes.size());
  NeighbourProbe out;
  out.classes = classes;
  out.options = options;
  if (options.standardise) {
    const auto raw = train.features.to(at::kDouble);
    out.mean = raw.mean(0, true);
    out.deviation = raw.std(0, /*unbiased=*/false, /*keepdim=*/true);
    out.deviation = at::where(out.deviation > 1e-12, out.deviation, at::ones_like(out.deviation));
  }
  out.train = {unit_rows(out, train.features), train.labels};
  out.absent = absent_classes(train.labels, classes);
  for (const auto k : options.ks) {
    if (k <= train.rows()) out.ks.push_back(k);
  }
  if (out.ks.empty()) out.ks = {train.rows()};
  const auto by_k = scores(out, selection.features, out.ks);
  std::optional<double> best;
  for (std::size_t i = 0; i < out.ks.size(); ++i) {
    const auto macro = mean_defined(column_aurocs(by_k[i], selection.labels));
    if (!macro) {
      throw Error(Code::undefined_score, "no class has positives and negatives among the records that choose k")
          .got(cat(selection.rows(), " records"));
    }
    out.selection_auroc.push_back(macro);
    if (!best || *macro > *best) {
      best = macro;
      out.k = out.ks[i];
    }
  }
  return out;
}

}  // namespace scar::evaluation
