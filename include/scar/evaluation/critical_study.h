#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scar/evaluation/cmrs.h"
#include "scar/evaluation/critical.h"
#include "scar/evaluation/mask_book.h"
#include "scar/evaluation/matched.h"

/// One model under critical masks: attack, mask-matched AUROC, CMRS, each beside random masks of equal number.
namespace scar::evaluation {

struct CriticalStudyOptions {
  AttackOptions attack;  // its rates are those that are measured
  SampleOptions sample;
  bool cmrs = false;  // needs the rates of cmrs_options among those of the attack
  CmrsOptions cmrs_options;
};

struct CriticalRate {
  double rate = 0;
  MatchedScore critical, random;
  /// Mean over the sampled positives of s(random mask) - s(critical mask), and the lower end of its 95 % interval. An
  /// attack whose lower end is not above 0 has failed and says nothing about the model.
  double gain = 0, gain_low = 0;
  std::array<std::int64_t, kAttacks> winners{};  // own masks: which attack won, over all attacked targets

  [[nodiscard]] bool attack_failed() const { return gain_low <= 0; }
};

struct CmrsStudy {
  std::vector<CmrsClassPlan> plan;
  Cmrs critical, random;
  [[nodiscard]] std::optional<double> gap() const;  // random - critical
};

struct CriticalStudy {
  MaskBook book, random_book;
  std::vector<LabelSample> sample;
  std::vector<CriticalRate> rates;
  std::optional<CmrsStudy> cmrs;
};

/// The (record, label) pairs whose masks a study needs: its sample, and the clean-resolved positives of CMRS.
[[nodiscard]] std::vector<Target> study_targets(const ScoreTable& clean, const std::vector<std::string>& ids,
                                                const CriticalStudyOptions& options);

/// `clean`: scores of the scorer's records, everything visible, row by row. `transferred`: masks of another model, used
/// instead of an attack on this one; null: own masks.
[[nodiscard]] CriticalStudy study_critical(Scorer& scorer, const ScoreTable& clean, const std::vector<std::string>& ids,
                                           const CriticalStudyOptions& options, const MaskBook* transferred = nullptr,
                                           const Progress& progress = {});

/// Rates that an attack goes through so that its masks do not depend on which of them are asked for: {.25, .5, .75} up
/// to the highest rate asked for, and those asked for beside them.
[[nodiscard]] std::vector<double> attack_rates(std::vector<double> asked);
/// Whether a rate is one of those asked for; with an empty list every rate is.
[[nodiscard]] bool is_asked(const std::vector<double>& asked, double rate);

}  // namespace scar::evaluation
