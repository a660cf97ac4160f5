#include "scar/evaluation/patient_statistic.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::evaluation {

Patients number_patients(const std::vector<std::string>& patients) {
  Patients out;
  std::unordered_map<std::string, std::uint32_t> known;
  for (const auto& patient : patients) {
    if (patient.empty()) {
      out.of_record.push_back(out.count++);
      continue;
    }
    const auto [place, fresh] = known.emplace(patient, out.count);
    if (fresh) ++out.count;
    out.of_record.push_back(place->second);
  }
  return out;
}

namespace {

void check_rows(std::span<const double> scores, std::span<const std::uint8_t> labels,
                std::span<const std::uint32_t> patients) {
  if (scores.size() != labels.size() || scores.size() != patients.size()) {
    throw Error(Code::internal, "scores, labels and patients differ in number");
  }
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (std::isnan(scores[i])) throw Error(Code::undefined_score, "a score is not a number").at(cat("row ", i));
    if (labels[i] > 1) throw Error(Code::internal, "a label is neither 0 nor 1").at(cat("row ", i));
  }
}

}  // namespace

WeightedAuroc::WeightedAuroc(std::span<const double> scores, std::span<const std::uint8_t> labels,
                             std::span<const std::uint32_t> patients) {
  check_rows(scores, labels, patients);
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return scores[a] != scores[b] ? scores[a] < scores[b] : labels[a] > labels[b];
  });
  for (const auto row : order) {
    patients_.push_back(patients[row]);
    positive_.push_back(labels[row] != 0 ? ~std::uint32_t{0} : 0);
  }
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first, positives = first;
    for (; last < order.size() && scores[order[last]] == scores[order[first]]; ++last) {
      if (labels[order[last]] != 0) positives = last + 1;
    }
    if (positives > first && positives < last) ties_.push_back({first, positives, last});
    first = last;
  }
}

std::optional<double> WeightedAuroc::under(Times times) const {
  // Counted in halves of a pair, so that nothing is rounded before the last division. No branch: labels in the order of
  // scores cannot be foretold.
  std::uint64_t half_pairs = 0, negatives = 0, all = 0;
  for (std::size_t i = 0; i < patients_.size(); ++i) {
    const std::uint32_t counted = times[patients_[i]];
    half_pairs += std::uint64_t{counted & positive_[i]} * negatives;
    negatives += counted & ~positive_[i];
    all += counted;
  }
  half_pairs *= 2;
  for (const auto& tie : ties_) {
    std::uint64_t tied_positives = 0, tied_negatives = 0;
    for (std::size_t i = tie.first; i < tie.positives_end; ++i) tied_positives += times[patients_[i]];
    for (std::size_t i = tie.positives_end; i < tie.last; ++i) tied_negatives += times[patients_[i]];
    half_pairs += tied_positives * tied_negatives;
  }
  const std::uint64_t positives = all - negatives;
  if (positives == 0 || negatives == 0) return std::nullopt;
  return static_cast<double>(half_pairs) / (2.0 * static_cast<double>(positives) * static_cast<double>(negatives));
}

WeightedAveragePrecision::WeightedAveragePrecision(std::span<const double> scores, std::span<const std::uint8_t> labels,
                                                   std::span<const std::uint32_t> patients) {
  check_rows(scores, labels, patients);
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  for (std::size_t i = 0; i < order.size(); ++i) {
    patients_.push_back(patients[order[i]]);
    positive_.push_back(labels[order[i]]);
    last_of_score_.push_back(i + 1 == order.size() || scores[order[i + 1]] != scores[order[i]] ? 1 : 0);
  }
}

std::optional<double> WeightedAveragePrecision::under(Times times) const {
  std::uint64_t positives = 0, all = 0, counted_before = 0;
  double sum = 0;  // of positives at each threshold times the precision there
  for (std::size_t i = 0; i < patients_.size(); ++i) {
    const std::uint32_t counted = times[patients_[i]];
    all += counted;
    if (positive_[i] != 0) positives += counted;
    if (last_of_score_[i] == 0 || positives == counted_before) continue;
    sum += static_cast<double>(positives - counted_before) * static_cast<double>(positives) / static_cast<double>(all);
    counted_before = positives;
  }
  if (positives == 0) return std::nullopt;
  return sum / static_cast<double>(positives);
}

WeightedRatio::WeightedRatio(std::vector<double> numerators, std::vector<double> denominators,
                             std::vector<std::uint32_t> patients)
    : numerators_(std::move(numerators)), denominators_(std::move(denominators)), patients_(std::move(patients)) {
  if (numerators_.size() != denominators_.size() || numerators_.size() != patients_.size()) {
    throw Error(Code::internal, "numerators, denominators and patients differ in number");
  }
}

std::optional<double> WeightedRatio::under(Times times) const {
  double numerator = 0, denominator = 0;
  for (std::size_t i = 0; i < patients_.size(); ++i) {
    numerator += times[patients_[i]] * numerators_[i];
    denominator += times[patients_[i]] * denominators_[i];
  }
  if (!(denominator > 0)) return std::nullopt;
  return numerator / denominator;
}

std::optional<double> value_under(const ClassStatistic& statistic, Times times) {
  return std::visit([&](const auto& figure) { return figure.under(times); }, statistic);
}

}  // namespace scar::evaluation
