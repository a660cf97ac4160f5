#include "scar/evaluation/patient_statistic.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "scar/core/cat.h"
#include "scar/core/error.h"

// The lanes of a block are what wide registers are for: these functions are compiled for several processors, and the
// loader takes the best. Sanitizers do not bear that.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define SCAR_WIDE __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SCAR_WIDE
#endif

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

/// Rows by score, of equal ones the positives first.
std::vector<std::size_t> rank_rows(std::span<const double> scores, std::span<const std::uint8_t> labels,
                                   bool descending) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (scores[a] != scores[b]) return descending ? scores[a] > scores[b] : scores[a] < scores[b];
    return labels[a] > labels[b];
  });
  return order;
}

using Counts = std::array<std::uint64_t, kLanes>;

/// How many rows of first .. last - 1 are counted, in each lane.
__attribute__((always_inline)) inline Counts counted(const TimesBlock& times,
                                                     const std::vector<std::uint32_t>& patients, std::size_t first,
                                                     std::size_t last) {
  constexpr std::size_t kAtOnce = 65536;  // rows whose counts surely fit into 32 bits
  Counts out{};
  while (first < last) {
    const auto end = std::min(last, first + kAtOnce);
    std::array<std::uint32_t, kLanes> sum{};
    for (; first < end; ++first) {
      const auto* lanes = times.of(patients[first]);
      for (std::size_t lane = 0; lane < kLanes; ++lane) sum[lane] += lanes[lane];
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) out[lane] += sum[lane];
  }
  return out;
}

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TimesBlock TimesBlock::once(std::uint32_t patients) {
  TimesBlock out(patients);
  out.set(0, std::vector<std::uint32_t>(patients, 1));
  return out;
}

void TimesBlock::set(std::size_t lane, Times times) {
  for (std::size_t patient = 0; patient < times.size(); ++patient) {
    if (times[patient] > std::numeric_limits<std::uint16_t>::max())
      throw Error(Code::internal, "a patient is counted too often").got(cat(times[patient]));
    counts_[patient * kLanes + lane] = static_cast<std::uint16_t>(times[patient]);
  }
}

WeightedAuroc::WeightedAuroc(std::span<const double> scores, std::span<const std::uint8_t> labels,
                             std::span<const std::uint32_t> patients) {
  check_rows(scores, labels, patients);
  const auto order = rank_rows(scores, labels, /*descending=*/false);
  for (const auto row : order) {
    patients_.push_back(patients[row]);
    const bool positive = labels[row] != 0;
    if (runs_.empty() || runs_.back().positive != positive) runs_.push_back({0, positive});
    runs_.back().end = patients_.size();
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

SCAR_WIDE LaneValues WeightedAuroc::under(const TimesBlock& times) const {
  // Counted in halves of a pair, so that nothing is rounded before the last division.
  Counts half_pairs{}, negatives{}, positives{};
  std::size_t first = 0;
  for (const auto& run : runs_) {
    const auto here = counted(times, patients_, first, run.end);
    first = run.end;
    if (run.positive) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        half_pairs[lane] += 2 * here[lane] * negatives[lane];
        positives[lane] += here[lane];
      }
    } else {
      for (std::size_t lane = 0; lane < kLanes; ++lane) negatives[lane] += here[lane];
    }
  }
  for (const auto& tie : ties_) {
    const auto tied_positives = counted(times, patients_, tie.first, tie.positives_end);
    const auto tied_negatives = counted(times, patients_, tie.positives_end, tie.last);
    for (std::size_t lane = 0; lane < kLanes; ++lane) half_pairs[lane] += tied_positives[lane] * tied_negatives[lane];
  }
  LaneValues out;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const bool defined = positives[lane] > 0 && negatives[lane] > 0;
    out[lane] = defined ? static_cast<double>(half_pairs[lane]) /
                              (2.0 * static_cast<double>(positives[lane]) * static_cast<double>(negatives[lane]))
                        : kUndefined;
  }
  return out;
}

WeightedAveragePrecision::WeightedAveragePrecision(std::span<const double> scores, std::span<const std::uint8_t> labels,
                                                   std::span<const std::uint32_t> patients) {
  check_rows(scores, labels, patients);
  const auto order = rank_rows(scores, labels, /*descending=*/true);
  for (std::size_t i = 0; i < order.size(); ++i) {
    patients_.push_back(patients[order[i]]);
    const bool positive = labels[order[i]] != 0, fresh = i == 0 || scores[order[i]] != scores[order[i - 1]];
    if (thresholds_.empty() || (fresh && positive)) thresholds_.push_back({i, i, i});
    auto& threshold = thresholds_.back();
    if (positive) threshold.positives_end = i + 1;
    if (threshold.end == i && (!fresh || positive)) threshold.end = i + 1;
    threshold.last = i + 1;
  }
}

SCAR_WIDE LaneValues WeightedAveragePrecision::under(const TimesBlock& times) const {
  Counts positives{}, all{};
  LaneValues sum{};  // of the positives at each threshold times the precision there
  std::size_t first = 0;
  for (const auto& threshold : thresholds_) {
    const auto here = counted(times, patients_, first, threshold.positives_end);
    const auto tied = counted(times, patients_, threshold.positives_end, threshold.end);
    const auto below = counted(times, patients_, threshold.end, threshold.last);
    first = threshold.last;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      positives[lane] += here[lane];
      all[lane] += here[lane] + tied[lane];
      const auto reached = static_cast<double>(std::max<std::uint64_t>(all[lane], 1));
      sum[lane] += static_cast<double>(here[lane]) * static_cast<double>(positives[lane]) / reached;
      all[lane] += below[lane];
    }
  }
  LaneValues out;
  for (std::size_t lane = 0; lane < kLanes; ++lane)
    out[lane] = positives[lane] > 0 ? sum[lane] / static_cast<double>(positives[lane]) : kUndefined;
  return out;
}

WeightedRatio::WeightedRatio(std::vector<double> numerators, std::vector<double> denominators,
                             std::vector<std::uint32_t> patients)
    : numerators_(std::move(numerators)), denominators_(std::move(denominators)), patients_(std::move(patients)) {
  if (numerators_.size() != denominators_.size() || numerators_.size() != patients_.size()) {
    throw Error(Code::internal, "numerators, denominators and patients differ in number");
  }
}

SCAR_WIDE LaneValues WeightedRatio::under(const TimesBlock& times) const {
  LaneValues numerator{}, denominator{};
  for (std::size_t i = 0; i < patients_.size(); ++i) {
    const auto* counts = times.of(patients_[i]);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      numerator[lane] += counts[lane] * numerators_[i];
      denominator[lane] += counts[lane] * denominators_[i];
    }
  }
  LaneValues out;
  for (std::size_t lane = 0; lane < kLanes; ++lane)
    out[lane] = denominator[lane] > 0 ? numerator[lane] / denominator[lane] : kUndefined;
  return out;
}

LaneValues values_under(const ClassStatistic& statistic, const TimesBlock& times) {
  return std::visit([&](const auto& figure) { return figure.under(times); }, statistic);
}

}  // namespace scar::evaluation
