#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
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

/// AUROC of rows that each belong to a patient. The scores are sorted once; then a value costs O(rows), and equals
/// auroc() of the rows repeated as often as `times` says, bit for bit.
class WeightedAuroc {
 public:
  /// One score, label (0 or 1) and patient per row; a patient may have several rows. Error undefined_score for NaN.
  WeightedAuroc(std::span<const double> scores, std::span<const std::uint8_t> labels,
                std::span<const std::uint32_t> patients);
  /// nullopt if no positive or no negative is counted.
  [[nodiscard]] std::optional<double> under(Times times) const;

 private:
  struct Tie {
    std::size_t first, positives_end, last;  // rows of one score: positives, then negatives
  };
  std::vector<std::uint32_t> patients_;  // by ascending score; of equal ones the positives first
  std::vector<std::uint32_t> positive_;  // all bits set for a positive, none for a negative
  std::vector<Tie> ties_;                // those that hold both
};

/// Average precision of rows that each belong to a patient, as average_precision() of the rows repeated.
class WeightedAveragePrecision {
 public:
  /// As WeightedAuroc.
  WeightedAveragePrecision(std::span<const double> scores, std::span<const std::uint8_t> labels,
                           std::span<const std::uint32_t> patients);
  /// nullopt if no positive is counted.
  [[nodiscard]] std::optional<double> under(Times times) const;

 private:
  std::vector<std::uint32_t> patients_;  // by descending score
  std::vector<std::uint8_t> positive_, last_of_score_;
};

/// Sum of numerators / sum of denominators; CMRS of a class is such a ratio.
class WeightedRatio {
 public:
  WeightedRatio(std::vector<double> numerators, std::vector<double> denominators, std::vector<std::uint32_t> patients);
  /// nullopt if the denominators that are counted do not have a sum above 0.
  [[nodiscard]] std::optional<double> under(Times times) const;

 private:
  std::vector<double> numerators_, denominators_;
  std::vector<std::uint32_t> patients_;
};

using ClassStatistic = std::variant<WeightedAuroc, WeightedRatio>;
[[nodiscard]] std::optional<double> value_under(const ClassStatistic& statistic, Times times);

}  // namespace scar::evaluation
