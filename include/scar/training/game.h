#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "scar/model/dual_encoder.h"
#include "scar/model/removal.h"
#include "scar/objective/contrastive.h"
#include "scar/tensor/autocast.h"
#include "scar/tensor/optimizer.h"
#include "scar/training/game_health.h"
#include "scar/training/options.h"
#include "scar/training/pairs.h"
#include "scar/training/schedule.h"

namespace scar::training {

/// What a removal of one update looks like; drawn once for all records of it.
struct RemovalLaw {
  double share = 0;              // of random masks
  double adversarial_share = 0;  // min(share, cap)
  model::Structure structure = model::Structure::lead;
  double temperature = 1;
  bool adversary = false;  // a part of the records, game.adversarial_rows, is masked by the adversary
};

/// Records as the masker meets them: tokens and texts without graph.
struct MaskerView {
  model::Tokens tokens;            // of b records
  model::ReadTokens read;          // the same, as the encoder read them; undefined where no masker asks
  at::Tensor text;                 // [b, D] unit embeddings
  objective::PairTargets targets;  // among these b
  /// [b, N] what one gradient of the alignment of the whole update names (Game::saliency), where the view is a piece of
  /// it; undefined: these records are all, and masks() asks.
  at::Tensor saliency = {};
};

/// The masker's side (docs/method.md, section 6): what the masked pass removes, and how the masker learns. The towers learn
/// elsewhere (train_step.h). Random masks obey the same laws with or without a masker.
class Game {
 public:
  Game(const TrainOptions& options, const Plan& plan, model::DualEncoder& model, c10::Device device,
       tensor::Precision precision);

  [[nodiscard]] RemovalLaw law(std::int64_t update) const;

  struct Masks {
    at::Tensor keep;               // [b, N] bool
    std::int64_t random_rows = 0;  // rows before this one are masked at random, the others by the adversary
    std::int64_t masker_from = 0;  // of these the rows before this one by one gradient of the alignment
    /// [b] int64, equal for rows that may be compared with each other, unique in the batch; undefined: all may.
    at::Tensor group;
    /// Of the rows from masker_from on, with the masker's graph, under schedule `reversal`.
    std::optional<model::Removal> reversed;
  };
  /// What one gradient of the alignment names in an update that comes in pieces of `at_once` records: [B, N] of the whole
  /// batch, 0 where it does not mask. Undefined if it masks none.
  [[nodiscard]] at::Tensor saliency(const RemovalLaw& law, const PairBatch& pairs, std::int64_t at_once) const;

  /// Masks of rows first .. first + b - 1 of the update's batch. The batch's last game.adversarial_rows are masked by the
  /// adversary, if the law says so, the others at random; beside a masker one gradient of the alignment masks the first
  /// game.saliency_rows of the adversary's. `view` is of these rows; `pooling` [b, N]: the clean pass's log
  /// pooling weight of each token, for attention-guided masks.
  [[nodiscard]] Masks masks(const RemovalLaw& law, std::int64_t update, std::int64_t first, std::int64_t batch,
                            const MaskerView& view, const at::Tensor& pooling);

  /// Schedule `alternating`, and the warm-up of either: one ascent of the masker on the first game.batch records, if it is
  /// due. The towers are in evaluation mode meanwhile. Throws loss_not_finite. Returns whether a step was taken.
  bool step(std::int64_t update, const PairBatch& pairs);

  /// Schedule `reversal`: one ascent along d L(masked) / d keep [b, N], as the towers' own pass found it. `view` is of the
  /// masker's rows, its targets with their groups. Throws loss_not_finite.
  void learn_reversed(std::int64_t update, const MaskerView& view, const model::Removal& removal,
                      const at::Tensor& keep_gradient);

  [[nodiscard]] const GameHealth& health() const { return health_; }
  void set_health(const GameHealth& health) { health_ = health; }

  [[nodiscard]] tensor::AdamW* optimizer() { return optimizer_.get(); }  // null without a masker

 private:
  /// Who masks a batch: random before row `adversary`, one gradient of the alignment before row `masker`, then the masker.
  struct Rows {
    std::int64_t adversary = 0, masker = 0;
  };
  [[nodiscard]] Rows rows_of(const RemovalLaw& law, std::int64_t batch) const;
  struct Proposal {
    model::Removal removal;
    at::Tensor group;  // [b] int64 from 0; undefined with game.scope = sample
  };
  /// The masker's removal of the view's rows. `first`: position of the first row in the update's batch.
  [[nodiscard]] Proposal propose(const RemovalLaw& law, std::int64_t update, const MaskerView& view, std::int64_t first,
                                 std::int64_t purpose) const;
  /// Kept tokens of `count` rows of the view when what one gradient of their alignment names is gone.
  [[nodiscard]] at::Tensor without_salient(const RemovalLaw& law, const MaskerView& view, std::int64_t from,
                                           std::int64_t count) const;
  /// One descent of the masker's weights along `loss` and the regularisers of a removal.
  void learn(std::int64_t update, const model::Removal& removal, const at::Tensor& visible, const at::Tensor& loss);
  /// L(kept) - L(random removal of equal size), for the health.
  [[nodiscard]] double gain_over_random(const RemovalLaw& law, std::int64_t update, const MaskerView& view,
                                        const at::Tensor& kept) const;

  const TrainOptions& options_;
  Plan plan_;
  model::DualEncoder& model_;
  c10::Device device_;
  tensor::Precision precision_;
  std::unique_ptr<tensor::AdamW> optimizer_;
  GameHealth health_;
};

/// Each lead stays with probability 1/2, as a whole, and never all go: kept tokens [b, N] bool of rows first ... of an
/// update's batch. The ablation `lead_half`.
[[nodiscard]] at::Tensor half_of_the_leads(const at::Tensor& visible, std::uint64_t seed, std::int64_t update,
                                           std::int64_t first);

/// Log pooling weight of every token [B, N] (tokens that took no part: the smallest of their record), from features of a
/// pass over N tokens.
[[nodiscard]] at::Tensor by_token(const at::Tensor& values, const model::EcgFeatures& features, std::int64_t tokens);

}  // namespace scar::training
