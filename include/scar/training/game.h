#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "scar/model/dual_encoder.h"
#include "scar/model/removal.h"
#include "scar/tensor/autocast.h"
#include "scar/tensor/optimizer.h"
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
  bool adversary = false;  // half of the records are masked by the adversary
};

/// Running picture of the game. Saved in checkpoints, so that a continued run raises the same alarms.
struct GameHealth {
  std::int64_t steps = 0;               // masker steps
  std::int64_t gains = 0;               // measurements of the gain
  std::int64_t gains_not_positive = 0;  // of the latest ones, in a row
  double gain = 0;          // running mean of L(masker) - L(random), nats, same records, share and structure
  double lead_entropy = 1;  // running mean, share of ln 12
  double indecision = 1;    // running mean of 4 m (1 - m)
  double budget_error = 0;  // largest of the last step
};

/// The masker's side (docs/method.md, section 6): what the masked pass removes, and the masker's own ascent against the
/// towers as they stand. The towers learn elsewhere (train_step.h). Random masks obey the same laws with or without a masker.
class Game {
 public:
  Game(const TrainOptions& options, const Plan& plan, model::DualEncoder& model, c10::Device device,
       tensor::Precision precision);

  [[nodiscard]] RemovalLaw law(std::int64_t update) const;

  /// Kept tokens [b, N] bool of a masked pass over rows first .. first + b - 1 of the update's batch; of the whole batch the
  /// first half is masked at random, the rest by the adversary if the law says so. Returns how many rows are random.
  /// `pooling` [b, N]: the clean pass's log pooling weight of each token, for attention-guided masks; text [b, D].
  struct Masks {
    at::Tensor keep;
    std::int64_t random_rows = 0;
  };
  [[nodiscard]] Masks masks(const RemovalLaw& law, std::int64_t update, std::int64_t first, std::int64_t batch,
                            const model::Tokens& tokens, const at::Tensor& pooling, const at::Tensor& text);

  /// One ascent of the masker on the first game.batch records, if it is due. The towers are in evaluation mode meanwhile.
  /// Throws loss_not_finite. Returns whether a step was taken.
  bool step(std::int64_t update, const PairBatch& pairs);

  [[nodiscard]] const GameHealth& health() const { return health_; }
  void set_health(const GameHealth& health) { health_ = health; }
  /// Alarms that hold now, as (number, text). Empty in the first 50 masker steps.
  [[nodiscard]] std::vector<std::pair<int, std::string>> alarms() const;

  [[nodiscard]] tensor::AdamW* optimizer() { return optimizer_.get(); }  // null without a masker

 private:
  at::Tensor half_of_the_leads(const at::Tensor& visible, std::int64_t update, std::int64_t first) const;

  const TrainOptions& options_;
  Plan plan_;
  model::DualEncoder& model_;
  c10::Device device_;
  tensor::Precision precision_;
  std::unique_ptr<tensor::AdamW> optimizer_;
  GameHealth health_;
};

/// Log pooling weight of every token [B, N] (tokens that took no part: the smallest of their record), from features of a
/// pass over N tokens.
[[nodiscard]] at::Tensor by_token(const at::Tensor& values, const model::EcgFeatures& features, std::int64_t tokens);

}  // namespace scar::training
