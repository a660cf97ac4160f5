#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "scar/data/store/store_reader.h"
#include "scar/data/synthetic/calibration.h"
#include "scar/data/synthetic/options.h"
#include "scar/evaluation/embed.h"
#include "scar/evaluation/macro_mean.h"
#include "scar/evaluation/zero_shot.h"
#include "scar/model/dual_encoder.h"

/// What is left of a diagnosis when its evidence goes: synthetic records against their twins, which differ from them in
/// the evidence of one finding and nowhere else (docs/method.md, section 11; docs/metrics.md, "Evidence").
namespace scar::evaluation {

/// What is removed from record and twin alike. Removal is that of data::oracle_mask(): limb leads go together.
enum class EvidenceCondition { clean, primary_removed, secondary_removed, all_removed };
inline constexpr std::size_t kEvidenceConditions = 4;
[[nodiscard]] const char* condition_name(EvidenceCondition condition);

/// Scores of the records with a finding and of their twins: the cosine with the finding's prompts.
struct TwinScores {
  std::string finding;
  std::vector<std::string> ids, patients;  // of the pairs
  std::array<std::vector<double>, kEvidenceConditions> record, twin;
};
struct OracleScores {
  std::vector<TwinScores> findings;      // the localised ones
  double largest_difference = 0;         // of the embeddings of record and twin with all evidence removed; 0 is right
  std::vector<ExcludedRecord> excluded;  // "FINDING: nothing visible under the mask"
};

/// Every record with a localised finding, once per finding. `generator`: data::synthetic_options() of the store;
/// class_embeddings [classes of `synth`, D]. Tokens of at most 250 ms. Twins are rendered by `jobs` threads and go the way
/// of stored records. Error store_mismatch if a record and its twin differ outside of the evidence: the store was
/// rendered by something else.
[[nodiscard]] OracleScores score_twins(model::DualEncoder& model, const data::Store& store,
                                       const data::SyntheticOptions& generator,
                                       const std::vector<std::int64_t>& records, const at::Tensor& class_embeddings,
                                       const EmbedOptions& options, int jobs,
                                       const std::function<void(std::int64_t, std::int64_t)>& progress = {});

struct FindingOracle {
  std::string finding;
  std::int64_t pairs = 0;
  std::array<std::optional<double>, kEvidenceConditions> auroc;  // records positive, twins negative, pooled
  double primary_optimum = 0, secondary_optimum = 0;             // of data::calibrate()
  std::optional<double> gap;  // secondary_optimum - auroc with the primary evidence removed
};
struct OracleStudy {
  std::vector<FindingOracle> findings;
  std::array<std::optional<double>, kEvidenceConditions> macro;        // mean over the findings with pairs
  std::array<std::optional<Interval>, kEvidenceConditions> intervals;  // of the means, patients resampled
  std::optional<double> primary_optimum, secondary_optimum;            // means over the same findings
  std::optional<double> gap;
  std::optional<Interval> gap_interval;  // the optimum is taken as known
};
[[nodiscard]] OracleStudy study_oracle(const OracleScores& scores, const std::vector<data::CalibrationRow>& calibration,
                                       const BootstrapOptions& options);

}  // namespace scar::evaluation
