#include "scar/evaluation/paired_difference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "scar/core/error.h"
#include "scar/evaluation/student_t.h"

namespace scar::evaluation {
namespace {

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

std::optional<Uncertainty> seed_uncertainty(std::span<const double> differences) {
  if (differences.size() < 2) return std::nullopt;
  const auto n = static_cast<double>(differences.size());
  const double centre = mean(differences);
  double square = 0;
  for (const double difference : differences) square += (difference - centre) * (difference - centre);
  const double error = std::sqrt(square / (n - 1) / n);
  const double two_sided = student_t_quantile(.975, n - 1) * error, one_sided = student_t_quantile(.95, n - 1) * error;
  Uncertainty out;
  out.interval = {centre - two_sided, centre + two_sided};
  out.lower = centre - one_sided;
  out.upper = centre + one_sided;
  if (centre != 0) {
    out.p = error > 0 ? student_t_two_sided(centre / error, n - 1) : 0;
  }
  return out;
}

Uncertainty patient_uncertainty(Sampled difference) {
  const Bca bca(std::move(difference));
  const auto bounds = bca.interval(.9);
  return {.interval = bca.interval(.95), .lower = bounds.low, .upper = bounds.high, .p = bca.p(0)};
}

PairedDifference paired_difference(std::span<const double> a, std::span<const double> b,
                                   std::optional<Sampled> sampled) {
  if (a.empty() || a.size() != b.size()) throw Error(Code::internal, "a paired difference wants pairs");
  PairedDifference out;
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.size(); ++i) differences.push_back(a[i] - b[i]);
  out.a = mean(a);
  out.b = mean(b);
  out.difference = mean(differences);
  out.seeds = seed_uncertainty(differences);
  if (sampled) out.patients = patient_uncertainty(std::move(*sampled));
  if (!out.seeds && !out.patients) return out;
  const bool seeds = !out.patients || (out.seeds && out.seeds->interval.width() > out.patients->interval.width());
  out.source = seeds ? "seeds" : "patients";
  out.taken = seeds ? out.seeds : out.patients;
  for (const auto& other : {out.seeds, out.patients}) {
    if (!other) continue;
    out.taken->lower = std::min(out.taken->lower, other->lower);
    out.taken->upper = std::max(out.taken->upper, other->upper);
    out.taken->p = std::max(out.taken->p, other->p);
  }
  return out;
}

std::vector<double> holm(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) { return p[x] < p[y]; });
  std::vector<double> out(p.size());
  double highest = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    highest = std::max(highest, std::min(1.0, static_cast<double>(p.size() - rank) * p[order[rank]]));
    out[order[rank]] = highest;
  }
  return out;
}

}  // namespace scar::evaluation
