#pragma once

#include <cstdint>
#include <vector>

#include "scar/training/game.h"
#include "scar/training/pairs.h"

namespace scar::training {

/// Figures on held-out pairs, whole reports, fixed masks. No labels are read.
struct ValidationReport {
  std::int64_t records = 0;
  double clean = 0;    // alignment loss, everything visible
  double masked = 0;   // under fixed random whole-lead masks, half of the leads
  double matched = 0;  // share of records whose best text of the batch is a match
  double score = 0;    // what "best" means, lower is better: (clean + masked) / 2
  bool has_masker = false;
  double masker_gain = 0;      // mean of L(masker's mask) - L(random mask), same records, share and structure
  double masker_gain_low = 0;  // lower 95 % bound of it (normal approximation over records)
};

/// Passes over `records` of the store in fixed batches of at most `batch`. The model is in evaluation mode meanwhile.
[[nodiscard]] ValidationReport validate_model(model::DualEncoder& model, const data::RecordSource& source,
                                              const std::vector<std::int64_t>& records, const PairBuilder& pairs,
                                              const TrainOptions& options, c10::Device device,
                                              tensor::Precision precision);

}  // namespace scar::training
