#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

/// Figures of one class as functions of how often each patient is counted: what a bootstrap over patients asks again
/// and again.
namespace scar::evaluation {

/// Records by patient, the clusters of a bootstrap. A record whose patient is unknown ("") is a patient of its own.
struct Patients {
  std::vector<std::uint32_t> of_record;  // number of each record's patient, 0 ... count - 1
  std::uint32_t count = 0;
};
[[nodiscard]] Patients number_patients(const std::vector<std::string>& patients);

/// How often each patient is counted, [patients]. All 1: the records as they are.
using Times = std::span<const std::uint32_t>;

/// Several such counts beside each other: statistics read the rows once for all of them.
inline constexpr std::size_t kLanes = 16;
class TimesBlock {
 public:
  explicit TimesBlock(std::uint32_t patients) : counts_(std::size_t{patients} * kLanes, 0) {}
  /// Every patient counted once, in lane 0.
  [[nodiscard]] static TimesBlock once(std::uint32_t patients);
  /// The others are 0. A patient is counted at most 65,535 times: Error internal.
  void set(std::size_t lane, Times times);
  [[nodiscard]] const std::uint16_t* of(std::uint32_t patient) const { return counts_.data() + patient * kLanes; }

 private:
  std::vector<std::uint16_t> counts_;  // [patients][kLanes]
};
/// A figure under each count of a block; NaN where it is not defined.
using LaneValues = std::array<double, kLanes>;

/// AUROC of rows that each belong to a patient. The scores are sorted once; then a value costs O(rows), and equals
/// auroc() of the rows repeated as often as `times` says, bit for bit.
class WeightedAuroc {
 public:
  /// One score, label (0 or 1) and patient per row; a patient may have several rows. Error undefined_score for NaN.
  WeightedAuroc(std::span<const double> scores, std::span<const std::uint8_t> labels,
                std::span<const std::uint32_t> patients);
  /// NaN if no positive or no negative is counted.
  [[nodiscard]] LaneValues under(const TimesBlock& times) const;

 private:
  struct Run {
    std::size_t end;  // of consecutive rows with one label
    bool positive;
  };
  struct Tie {
    std::size_t first, positives_end, last;  // rows of one score: positives, then negatives
  };
  std::vector<std::uint32_t> patients_;  // by ascending score; of equal ones the positives first
  std::vector<Run> runs_;
  std::vector<Tie> ties_;  // those that hold both
};

/// Average precision of rows that each belong to a patient, as average_precision() of the rows repeated.
class WeightedAveragePrecision {
 public:
  /// As WeightedAuroc.
  WeightedAveragePrecision(std::span<const double> scores, std::span<const std::uint8_t> labels,
                           std::span<const std::uint32_t> patients);
  /// NaN if no positive is counted.
  [[nodiscard]] LaneValues under(const TimesBlock& times) const;

 private:
  struct Threshold {
    std::size_t positives_end, end;  // rows of one score, positives first, then its negatives
    std::size_t last;                // and those of lower scores without a positive
  };
  std::vector<std::uint32_t> patients_;  // by descending score; of equal ones the positives first
  std::vector<Threshold> thresholds_;
};

/// Sum of numerators / sum of denominators; CMRS of a class is such a ratio.
class WeightedRatio {
 public:
  WeightedRatio(std::vector<double> numerators, std::vector<double> denominators, std::vector<std::uint32_t> patients);
  /// NaN if the denominators that are counted do not have a sum above 0.
  [[nodiscard]] LaneValues under(const TimesBlock& times) const;

 private:
  std::vector<double> numerators_, denominators_;
  std::vector<std::uint32_t> patients_;
};

using ClassStatistic = std::variant<WeightedAuroc, WeightedRatio>;
[[nodiscard]] LaneValues values_under(const ClassStatistic& statistic, const TimesBlock& times);

/// Under one count alone; nullopt where it is not defined.
template <class Statistic>
[[nodiscard]] std::optional<double> value_under(const Statistic& statistic, Times times) {
  TimesBlock block(static_cast<std::uint32_t>(times.size()));
  block.set(0, times);
  double value = 0;
  if constexpr (std::is_same_v<Statistic, ClassStatistic>)
    value = values_under(statistic, block).front();
  else
    value = statistic.under(block).front();
  return std::isnan(value) ? std::nullopt : std::optional(value);
}

}  // namespace scar::evaluation
