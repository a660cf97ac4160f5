#pragma once

#include <cstdint>
#include <optional>

#include "scar/objective/selection.h"
#include "scar/objective/terms.h"
#include "scar/training/game.h"
#include "scar/training/pairs.h"

namespace scar::training {

struct StepReport {
  objective::Terms terms;  // values of the whole batch
  double loss = 0;
  double matched = 0;        // share of records whose best text of the batch is a match, everything visible
  double gradient_norm = 0;  // before clipping
};

/// One update of both towers and the selector (docs/method.md, section 8): a clean pass over all records, a masked one, one
/// descent of
///   L(clean) + masked_weight L(masked) + selector_weight L_sel + consistency_weight (1 - cos)
/// with the masks frozen. Under schedule `reversal` the masker's rows go through the dense pass, so that the masker finds
/// d L(masked) / d keep there; no other term reaches it. With `accumulate` pieces the features of all pieces are computed first without a graph, the
/// contrastive gradient is taken at the features, and each piece is computed again to carry it to the weights: the result
/// is that of the whole batch, negatives included.
class TrainStep {
 public:
  TrainStep(const TrainOptions& options, const Plan& plan, model::DualEncoder& model, Game& game, c10::Device device,
            tensor::Precision precision);

  /// Throws loss_not_finite before anything was changed.
  StepReport step(std::int64_t update, const PairBatch& pairs);

  [[nodiscard]] tensor::AdamW& optimizer() { return optimizer_; }

  /// Gradients of one batch without a step, left in .grad of the parameters; what step() does first.
  StepReport gradients(std::int64_t update, const PairBatch& pairs);

 private:
  /// What the masker learns from under schedule `reversal`: the masker's rows of the batch.
  struct Reversal {
    model::Removal removal;
    MaskerView view;
    at::Tensor keep;           // [b, N] leaf: the keep weights that the pass used
    at::Tensor keep_gradient;  // of L(masked)
  };
  struct Piece {
    at::Tensor clean, masked, text;    // [b, D] embeddings
    at::Tensor selector, consistency;  // 0-dim sums over the rows of the piece; undefined if switched off
    at::Tensor group;                  // [b] int64: who may be compared under masks; undefined: all
    std::int64_t random_rows = 0;
    std::optional<Reversal> reversal;
  };
  Piece forward(std::int64_t update, const RemovalLaw& law, const PairBatch& part, std::int64_t first,
                std::int64_t batch, const at::Tensor& saliency);
  at::Tensor selector_rows(const model::EcgFeatures& masked, const model::EcgFeatures& clean, const at::Tensor& text,
                           std::int64_t first, std::int64_t tokens);

  const TrainOptions& options_;
  Plan plan_;
  model::DualEncoder& model_;
  Game& game_;
  c10::Device device_;
  tensor::Precision precision_;
  tensor::AdamW optimizer_;
  std::optional<Reversal> reversal_;  // of the last gradients()
  bool masked_pass_;
  objective::SelectorTarget selector_target_;
};

}  // namespace scar::training
