#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "scar/data/store/store_reader.h"
#include "scar/evaluation/embed.h"
#include "scar/evaluation/macro_mean.h"
#include "scar/model/dual_encoder.h"
#include "scar/text/tokenizer.h"

/// Whether the selector, and what it could be taught, turns to the secondary evidence when the primary is gone
/// (docs/method.md, section 7; docs/metrics.md, "Evidence").
namespace scar::evaluation {

/// Weights over the tokens that are left: the selector's own, and the targets of its supervision.
inline constexpr std::array<const char*, 4> kSecondaryWeights = {"selector", "reweight", "masked", "clean"};

struct SecondaryWeightFigure {
  std::string weights;            // of kSecondaryWeights
  std::vector<double> by_record;  // weight on secondary evidence / its share of the tokens that are left
  MacroMean mean;                 // over the findings, as SecondaryWeight::findings
};
struct SecondaryWeight {
  std::vector<std::string> findings;       // the localised ones
  std::vector<std::string> ids, patients;  // of the records: those with exactly one finding, a localised one
  std::vector<std::size_t> finding;        // of each record, as `findings`
  std::int64_t without_evidence = 0;       // others, left out: no secondary evidence is visible without the primary
  double temperature = 0;                  // of the targets: the run's objective.selector_temperature
  std::vector<SecondaryWeightFigure> figures;
};

/// Removes the primary evidence of each record (data::oracle_mask) and looks at the weights of the rest, told the
/// record's own report. A run whose pooling weighs nothing has no figures.
[[nodiscard]] SecondaryWeight study_secondary_weight(model::DualEncoder& model, const text::Tokenizer& tokenizer,
                                                     const data::Store& store, const std::vector<std::int64_t>& records,
                                                     double temperature, const EmbedOptions& options,
                                                     const BootstrapOptions& bootstrap);

}  // namespace scar::evaluation
