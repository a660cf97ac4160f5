#pragma once

#include <string>
#include <vector>

#include "scar/data/synthetic/options.h"

namespace scar::data {

/// How well the best possible classifier does that sees only the primary, or only the secondary evidence of a finding.
struct CalibrationRow {
  std::string finding;
  double primary_auroc = 0;
  double secondary_auroc = 0;
  // amplitudes in uV of the two sources: mean and spread over records with the finding ...
  double primary_mean_uv = 0, primary_sd_uv = 0, secondary_mean_uv = 0, secondary_sd_uv = 0;
  // ... and what blurs them: normal variation of the same pattern and everything else in the record, as seen through
  // the best linear filter
  double primary_blur_uv = 0, secondary_blur_uv = 0;
};

/// One row per localised finding. The amplitude of a source is Gaussian, what else is in the record enters with its
/// covariance (docs/synthetic.md, "Calibration"); the AUROC of the log-likelihood ratio is then integrated numerically.
/// Decoys enter as a mixture. Depends on rate_hz, seconds, noise and decoy_rate; takes about a second.
[[nodiscard]] std::vector<CalibrationRow> calibrate(const SyntheticOptions& options);

/// The rows as a table for people, with the hash of the parameters.
[[nodiscard]] std::string calibration_table(const std::vector<CalibrationRow>& rows);

/// All constants of the generator as text, and its SHA-256. A corpus is comparable with another only if they agree.
[[nodiscard]] std::string parameters_text();
[[nodiscard]] std::string parameters_hash();

}  // namespace scar::data
