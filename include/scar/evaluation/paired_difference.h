#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scar/evaluation/bca.h"

/// How sure one may be of a difference between two methods: over seeds, over patients, over several questions.
namespace scar::evaluation {

/// One source of chance and what it leaves of the difference a - b.
struct Uncertainty {
  Interval interval;            // two-sided, 95 %
  double lower = 0, upper = 0;  // each a one-sided 95 % bound
  double p = 1;                 // two-sided, of no difference
};

/// Paired t over seeds, from the differences of the pairs. nullopt with fewer than 2. Differences that are all equal
/// have an interval without width; then p = 1 if they are 0, else 0.
[[nodiscard]] std::optional<Uncertainty> seed_uncertainty(std::span<const double> differences);

/// From the difference in the draws of a bootstrap over patients: interval, bounds and p of Bca.
[[nodiscard]] Uncertainty patient_uncertainty(Sampled difference);

/// The careful reading of both: the wider interval, the outer bounds, the larger p. The two are not added up: the
/// interval tells of the larger source of chance, not of their sum.
struct PairedDifference {
  double a = 0, b = 0, difference = 0;  // means over seeds, a - b
  std::optional<Uncertainty> seeds, patients;
  std::optional<Uncertainty> taken;
  std::string source;  // of the interval taken: "seeds", "patients", or "" if there is none
};
/// a and b pair by pair, equally many and at least one; `sampled`: the difference of the means in all draws.
[[nodiscard]] PairedDifference paired_difference(std::span<const double> a, std::span<const double> b,
                                                 std::optional<Sampled> sampled);

/// p adjusted by Holm (Scandinavian Journal of Statistics, 1979), in the order given: each may be read against the
/// level that all of them together keep.
[[nodiscard]] std::vector<double> holm(std::span<const double> p);

}  // namespace scar::evaluation
