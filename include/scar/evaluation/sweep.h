#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <ATen/core/Tensor.h>

#include "scar/data/masks.h"
#include "scar/data/store/store_reader.h"
#include "scar/evaluation/embed.h"
#include "scar/model/dual_encoder.h"

/// One model under many masks. A cell is one mask rule with one seed over all records; cells are computed one after
/// another and kept as files, so that an interrupted sweep goes on. No (record, mask) is encoded twice.
namespace scar::evaluation {

struct SweepCell {
  data::MaskSpec spec;     // joint:0 = clean
  std::uint64_t seed = 0;  // 0 for rules that draw nothing

  [[nodiscard]] bool clean() const { return spec.mode == data::MaskMode::joint && spec.rate == 0; }
  [[nodiscard]] std::string rule() const { return clean() ? "clean" : spec.text(); }
  [[nodiscard]] std::string name() const;  // "clean", "joint:0.5/3" (seed 3), "clinical:i-ii-v2"
};

struct SweepOptions {
  std::vector<data::MaskMode> modes = {data::MaskMode::lead, data::MaskMode::segment, data::MaskMode::segment_async,
                                       data::MaskMode::joint};
  std::vector<double> rates = {.1, .25, .5, .75, .9};
  std::int64_t seeds = 5;    // of rules that are drawn: 0 ... seeds - 1
  bool clinical = true;      // all named sets of leads
  bool exhaustive = true;    // every lead and every pair of leads away: 78 cells
  bool derive_limb = false;  // of every mask (data::MaskSpec)
};
/// Clean first, then modes by rate and seed, clinical sets, single leads, pairs.
[[nodiscard]] std::vector<SweepCell> plan_sweep(const SweepOptions& options);

/// What a cell says. Rows are the records of the sweep, columns its classes.
struct CellScores {
  std::vector<data::UnitMask> masks;  // [records]
  std::string mask_sha256;
  std::vector<float> scores;        // [records * classes], cosines; 0 where `empty`
  std::vector<std::uint8_t> empty;  // [records]: the mask left nothing
  double removed_units = 0;         // mean share: the effective rate; this and the next follow from the masks
  double independent_leads = 0;     // mean of UnitMask::independent_leads
  double removed_tokens = 0;        // share of the visible tokens
};

/// Masks of a cell that somebody else has made; nothing if he has none of that name.
using GivenMasks = std::function<std::optional<std::vector<data::UnitMask>>(const SweepCell& cell)>;

class Sweep {
 public:
  /// records: numbers in the store, each with something visible. class_embeddings [C, D].
  Sweep(model::DualEncoder& model, const data::Store& store, std::vector<std::int64_t> records,
        const at::Tensor& class_embeddings, const EmbedOptions& options);

  /// A cell's scores. Records whose visible tokens were seen before, in this or in an earlier cell, are not encoded
  /// again. `given`: masks to use; without it make_mask().
  [[nodiscard]] const CellScores& compute(const SweepCell& cell, const GivenMasks& given = {});
  /// Takes what an earlier process computed (load_cell()); its rows serve later cells as well.
  const CellScores& adopt(CellScores scores);

  /// Visible tokens that compute() would encode for all these cells. Encodes nothing.
  [[nodiscard]] std::int64_t tokens_to_encode(const std::vector<SweepCell>& cells, const GivenMasks& given = {}) const;
  [[nodiscard]] std::int64_t records_encoded() const { return records_encoded_; }
  [[nodiscard]] std::int64_t tokens_encoded() const { return tokens_encoded_; }

 private:
  [[nodiscard]] CellScores masked(const SweepCell& cell, const GivenMasks& given) const;
  [[nodiscard]] std::string visible_under(std::size_t row, const data::UnitMask& mask, std::int64_t& tokens) const;
  /// `visible` [records]: visible_under() of its masks.
  const CellScores& remember(std::unique_ptr<CellScores> scores, std::vector<std::string> visible);

  model::DualEncoder& model_;
  const data::Store& store_;
  std::vector<std::int64_t> records_;
  at::Tensor classes_;
  EmbedOptions options_;
  std::int64_t patch_, tokens_per_record_;
  std::vector<std::uint8_t> visible_;  // [records, tokens]
  std::vector<std::unique_ptr<CellScores>> cells_;
  std::vector<std::unordered_map<std::string, std::size_t>> seen_;  // [records]: visible tokens -> first cell with them
  std::int64_t records_encoded_ = 0, tokens_encoded_ = 0;
};

}  // namespace scar::evaluation
