#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "scar/data/store/store_reader.h"
#include "scar/evaluation/embed.h"
#include "scar/evaluation/macro_mean.h"
#include "scar/model/dual_encoder.h"
#include "scar/model/removal.h"
#include "scar/text/tokenizer.h"

/// How much of what is removed is evidence, on synthetic records whose evidence is known (docs/method.md, section 11;
/// docs/metrics.md, "Evidence").
namespace scar::evaluation {

/// Tokens that touch a unit of the bitmap (data/synthetic/evidence.h), [12 * T / patch] of 0 and 1. `patch` is at most
/// block_samples, so a token touches one or two units.
[[nodiscard]] std::vector<std::uint8_t> evidence_tokens(const std::uint8_t* bitmap, std::int64_t blocks,
                                                        std::int64_t block_samples, std::int64_t patch);

/// What one removal does to each record of a batch. NaN where nothing is removed, or no evidence is visible.
struct RemovedEvidence {
  std::vector<double> enrichment;  // share of the evidence removed / share of the visible tokens removed
  std::vector<double> ceiling;     // min(1 / share of the visible tokens removed, 1 / share of evidence among them)
};
/// scores [B, N], the largest go first; visible, evidence [B, N] bool. K, units and ties as scar::model::remove has them,
/// without noise.
[[nodiscard]] RemovedEvidence remove_evidence(const at::Tensor& scores, const at::Tensor& visible,
                                              const at::Tensor& evidence, double rate, model::Structure structure,
                                              std::int64_t min_visible);

struct EnrichmentOptions {
  std::vector<double> rates = {.1, .3, .5};  // in (0, 1)
  std::int64_t min_visible = 4;              // of model::remove; the run's game.min_visible
  std::uint64_t seed = 0;                    // of the random scores
  BootstrapOptions bootstrap{.resamples = 1000};
  bool masker = true;  // false: the model's masker was never trained and says nothing
  EmbedOptions embed;
};

/// What decides the order in which tokens are removed. `attainable`: the evidence itself; less than the ceiling where
/// leads or segments go as a whole.
inline constexpr std::array<const char*, 6> kEnrichmentMeasures = {"masker",    "random",   "saliency",
                                                                   "attention", "selector", "attainable"};
inline constexpr std::array<model::Structure, 3> kStructures = {model::Structure::free, model::Structure::lead,
                                                                model::Structure::segment};

struct EnrichmentFigure {
  std::string measure;            // of kEnrichmentMeasures, or "ceiling"
  std::vector<double> by_record;  // NaN: not defined for this record
  MacroMean mean;                 // over the findings, as EnrichmentStudy::findings
};
struct EnrichmentRow {
  model::Structure structure{};
  double rate = 0;
  std::vector<EnrichmentFigure> figures;  // measures that the model has, then the ceiling

  [[nodiscard]] const EnrichmentFigure* find(const std::string& measure) const;  // null: the model has no such thing
};
struct EnrichmentStudy {
  std::vector<std::string> findings;       // the localised ones
  std::vector<std::int64_t> records;       // in the store: those with exactly one finding, a localised one
  std::vector<std::string> ids, patients;  // of the records
  std::vector<std::size_t> finding;        // of each record, as `findings`
  std::int64_t without_evidence = 0;       // others with one localised finding, left out: none of its primary evidence
                                           // is visible
  std::vector<double> evidence_by_record;  // share of its visible tokens that are primary evidence
  std::vector<std::optional<double>> evidence_share;  // per finding: the mean of that
  std::vector<EnrichmentRow> rows;                    // structures, and rates within them
};

/// `records` of a store with evidence; tokens of at most 250 ms.
[[nodiscard]] EnrichmentStudy study_enrichment(model::DualEncoder& model, const text::Tokenizer& tokenizer,
                                               const data::Store& store, const std::vector<std::int64_t>& records,
                                               const EnrichmentOptions& options,
                                               const std::function<void(std::int64_t, std::int64_t)>& progress = {});

}  // namespace scar::evaluation
