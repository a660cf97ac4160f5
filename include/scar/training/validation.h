#pragma once

#include <cstdint>
#include <vector>

#include "scar/training/game.h"
#include "scar/training/hole_reading.h"
#include "scar/training/known_findings.h"
#include "scar/training/pairs.h"

namespace scar::training {

/// Figures on held-out pairs, whole reports, fixed masks; the masker without noise. None that chooses a checkpoint reads
/// labels.
struct ValidationReport {
  std::int64_t records = 0;
  double clean = 0;    // alignment loss, everything visible
  double masked = 0;   // under fixed random whole-lead masks, half of the leads
  double matched = 0;  // share of records whose best text of the batch is a match
  double score = 0;    // what "best" means, lower is better: (clean + masked) / 2
  bool has_masker = false;
  double masker_gain = 0;      // mean of L(masker's mask) - L(random mask), half of the leads, same records (check M3)
  double masker_gain_low = 0;  // lower end of its 95 % interval (normal approximation over records)
  double saliency_gain = 0;  // the same of the leads that one gradient names: what a masker without a network would do
  HoleReading
      holes;  // of the adversary and structure in play for which it is worst (check M5); n = 0: nobody makes masks for a text
};

/// Passes over `records` of the source in fixed batches of at most train.batch; `findings` are of these records. The model is in evaluation mode meanwhile.
[[nodiscard]] ValidationReport validate_model(model::DualEncoder& model, const data::RecordSource& source,
                                              const std::vector<std::int64_t>& records, const PairBuilder& pairs,
                                              const KnownFindings& findings, const TrainOptions& options,
                                              c10::Device device, tensor::Precision precision);

}  // namespace scar::training
