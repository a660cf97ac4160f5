#pragma once

#include <cstdint>

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
/// with the masks frozen. With `accumulate` pieces the features of all pieces are computed first without a graph, the
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
  struct Piece {
    at::Tensor clean, masked, text;    // [b, D] embeddings
    at::Tensor selector, consistency;  // 0-dim sums over the rows of the piece; undefined if switched off
    std::int64_t random_rows = 0;
  };
  Piece forward(std::int64_t update, const RemovalLaw& law, const PairBatch& part, std::int64_t first,
                std::int64_t batch);
  at::Tensor selector_rows(const model::EcgFeatures& masked, const model::EcgFeatures& clean, const at::Tensor& text,
                           std::int64_t first, std::int64_t tokens);

  const TrainOptions& options_;
  Plan plan_;
  model::DualEncoder& model_;
  Game& game_;
  c10::Device device_;
  tensor::Precision precision_;
  tensor::AdamW optimizer_;
  bool masked_pass_;
  objective::SelectorTarget selector_target_;
};

}  // namespace scar::training
