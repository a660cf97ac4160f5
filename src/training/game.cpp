#include "scar/training/game.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>

#include "scar/core/cat.h"
#include "scar/core/random.h"
#include "scar/objective/removal_terms.h"
#include "scar/training/alignment_saliency.h"
#include "scar/training/leader_groups.h"

namespace scar::training {

namespace {

// Purposes of removal noise: draws of one update must not be the same draw.
enum Purpose : std::int64_t { kRandomMask = 1, kAdversarialMask = 2, kMaskerStep = 3, kMaskerReference = 4 };

std::vector<tensor::NamedParameter> parameters_of(torch::nn::Module& module, const std::string& prefix) {
  std::vector<tensor::NamedParameter> list;
  for (auto& item : module.named_parameters()) list.push_back({prefix + item.key(), item.value()});
  return list;
}

/// Rows of a batch whose gradient is many times that of the others would decide the step alone: their norm is limited to
/// `medians` times the median norm.
at::Tensor clip_rows(const at::Tensor& gradient, double medians) {
  const auto norms = gradient.norm(2, {1}, true);
  const auto limit = norms.median() * medians;
  // Where the median is 0 most rows have nothing to say, and the others are left as they are.
  const auto scale = at::where(limit > 0, (limit / norms.clamp_min(1e-30)).clamp_max(1.0), at::ones_like(norms));
  return gradient * scale;
}

model::Removal select_rows(const model::Removal& removal, const at::Tensor& rows) {
  const auto take = [&](const at::Tensor& x) { return x.index_select(0, rows); };
  return {.keep = take(removal.keep),
          .hard = take(removal.hard),
          .soft = take(removal.soft),
          .count = take(removal.count),
          .units = take(removal.units),
          .budget_error = take(removal.budget_error)};
}

/// Rows of all that the masker looks at; `take` is narrow or index_select of the first dimension.
template <class Take>
MaskerView view_of(const MaskerView& view, const objective::PairTargets& targets, const Take& take) {
  return {.tokens = {.z = take(view.tokens.z), .visible = take(view.tokens.visible)},
          .read = {.hidden = take(view.read.hidden),
                   .embedding = take(view.read.embedding),
                   .visible = take(view.read.visible)},
          .text = take(view.text),
          .targets = targets};
}

at::Tensor numbers(const std::vector<std::int64_t>& values, c10::Device device) {
  return at::tensor(values, at::TensorOptions().dtype(at::kLong)).to(device);
}

/// Towers as they are without dropout, for as long as the guard lives.
class Frozen {
 public:
  explicit Frozen(model::DualEncoder& model) : model_(model), was_training_(model.is_training()) { model_.eval(); }
  ~Frozen() { model_.train(was_training_); }
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;

 private:
  model::DualEncoder& model_;
  bool was_training_;
};

}  // namespace

Game::Game(const TrainOptions& options, const Plan& plan, model::DualEncoder& model, c10::Device device,
           tensor::Precision precision)
    : options_(options), plan_(plan), model_(model), device_(device), precision_(precision) {
  if (options.game.masking == "masker") {
    auto adamw = options.train.adamw;
    adamw.weight_decay = 0;  // the masker chases a moving target; pulling it to zero would only blunt it
    optimizer_ = std::make_unique<tensor::AdamW>(parameters_of(*model.masker, "masker."), adamw);
  }
}

RemovalLaw Game::law(std::int64_t update) const {
  RemovalLaw law;
  law.share = removal_share(options_.game, options_.seed, update);
  law.adversarial_share = std::min(law.share, adversarial_cap(options_.game, plan_, update));
  law.structure = removal_structure(options_.game, options_.seed, update);
  law.temperature = masker_temperature(options_.game, plan_, update);
  law.adversary = update >= plan_.adversary_start;
  return law;
}

Game::Proposal Game::propose(const RemovalLaw& law, std::int64_t update, const MaskerView& view, std::int64_t first,
                             std::int64_t purpose) const {
  const model::NoiseKey noise{.seed = options_.seed, .step = update, .purpose = purpose, .first_sample = first};
  const auto removal_of = [&](const model::ReadTokens& tokens, const at::Tensor& text) {
    auto logits = model_.masker->logits(tokens, text);
    if (logits.requires_grad() && options_.game.sample_clip > 0) {
      logits.register_hook(
          [medians = options_.game.sample_clip](const at::Tensor& gradient) { return clip_rows(gradient, medians); });
    }
    return model::remove(logits, tokens.visible, law.adversarial_share, law.structure, law.temperature,
                         options_.game.min_visible, noise);
  };
  if (options_.game.scope == "sample") return {.removal = removal_of(view.read, view.text), .group = {}};
  const auto groups =
      deal_groups(view.tokens.visible, view.targets.positive, options_.game.group, options_.seed, update, first);
  const auto leaders = numbers(groups.leader, view.tokens.z.device());
  const auto group = numbers(groups.group, view.tokens.z.device());
  const auto led = view_of(view, {}, [&](const at::Tensor& x) { return x.index_select(0, leaders); });
  return {.removal = select_rows(removal_of(led.read, led.text), group), .group = group};
}

at::Tensor Game::without_salient(const RemovalLaw& law, const MaskerView& view, std::int64_t from,
                                 std::int64_t count) const {
  const Frozen frozen(model_);
  const model::Tokens tokens{.z = view.tokens.z.narrow(0, from, count),
                             .visible = view.tokens.visible.narrow(0, from, count)};
  const auto saliency = view.saliency.defined() ? view.saliency.narrow(0, from, count)
                                                : alignment_saliency(model_, tokens, view.text.narrow(0, from, count),
                                                                     objective::narrow(view.targets, from, count));
  return model::remove(saliency, tokens.visible, law.adversarial_share, law.structure, law.temperature,
                       options_.game.min_visible, std::nullopt)
      .hard;
}

at::Tensor Game::saliency(const RemovalLaw& law, const PairBatch& pairs, std::int64_t at_once) const {
  const auto [first, last] = rows_of(law, pairs.size());
  if (first == last) return {};
  at::NoGradGuard no_grad;
  const Frozen frozen(model_);
  tensor::Autocast autocast(device_, precision_);
  std::vector<at::Tensor> z, visible, text;
  for (auto from = first; from < last; from += at_once) {
    const auto part = pairs.rows(from, std::min(at_once, last - from));
    const auto tokens = model_.ecg->embed(part.ecg);
    z.push_back(tokens.z);
    visible.push_back(tokens.visible);
    text.push_back(model_.text->forward(part.ids, part.lengths));
  }
  const model::Tokens tokens{.z = at::cat(z), .visible = at::cat(visible)};
  const auto saliency =
      alignment_saliency(model_, tokens, at::cat(text), objective::narrow(pairs.targets, first, last - first), at_once);
  return at::constant_pad_nd(saliency, {0, 0, first, pairs.size() - last});
}

Game::Rows Game::rows_of(const RemovalLaw& law, std::int64_t batch) const {
  if (!law.adversary) return {.adversary = batch, .masker = batch};
  const auto share = [&](double of) -> std::int64_t { return std::llround(of * static_cast<double>(batch)); };
  const auto& game = options_.game;
  const auto adversary = batch - std::clamp(share(game.adversarial_rows), std::int64_t{1}, batch);
  if (game.masking == "saliency") return {.adversary = adversary, .masker = batch};
  return {.adversary = adversary,
          .masker = game.masking == "masker" ? std::min(batch, adversary + share(game.saliency_rows)) : adversary};
}

Game::Masks Game::masks(const RemovalLaw& law, std::int64_t update, std::int64_t first, std::int64_t batch,
                        const MaskerView& view, const at::Tensor& pooling) {
  // A guard of its own: weights cast without a graph must not stay in the cache of the pass around it.
  tensor::Autocast autocast(device_, precision_);
  const auto& visible = view.tokens.visible;
  const auto rows = visible.size(0);
  Masks masks;
  if (options_.game.masking == "lead_half") {
    masks.keep = half_of_the_leads(visible, options_.seed, update, first);
    masks.random_rows = masks.masker_from = rows;
    return masks;
  }
  const auto [adversary, masker] = rows_of(law, batch);
  masks.random_rows = std::clamp<std::int64_t>(adversary - first, 0, rows);
  masks.masker_from = std::clamp<std::int64_t>(masker - first, 0, rows);

  const auto draw = [&](const at::Tensor& logits, std::int64_t from, std::int64_t count, double share,
                        Purpose purpose) {
    at::NoGradGuard no_grad;
    const model::NoiseKey noise{
        .seed = options_.seed, .step = update, .purpose = purpose, .first_sample = first + from};
    return model::remove(logits, visible.narrow(0, from, count), share, law.structure, law.temperature,
                         options_.game.min_visible, noise)
        .hard;
  };
  std::vector<at::Tensor> parts;
  if (masks.random_rows > 0) {
    const auto level = at::zeros({masks.random_rows, visible.size(1)}, visible.options().dtype(at::kFloat));
    parts.push_back(draw(level, 0, masks.random_rows, law.share, kRandomMask));
  }
  if (masks.masker_from > masks.random_rows)
    parts.push_back(without_salient(law, view, masks.random_rows, masks.masker_from - masks.random_rows));
  const auto others = rows - masks.masker_from;
  if (others > 0 && options_.game.masking == "attention") {
    parts.push_back(draw(pooling.narrow(0, masks.masker_from, others), masks.masker_from, others, law.adversarial_share,
                         kAdversarialMask));
  } else if (others > 0) {
    const auto part = view_of(view, objective::narrow(view.targets, masks.masker_from, others),
                              [&](const at::Tensor& x) { return x.narrow(0, masks.masker_from, others); });
    const bool reversal = options_.game.schedule == "reversal";
    c10::AutoGradMode record(reversal);
    auto proposal = propose(law, update, part, first + masks.masker_from, kAdversarialMask);
    parts.push_back(proposal.removal.hard);
    if (proposal.group.defined()) {
      // Random masks say nothing of a record: its rows are one group, 0, however the batch comes in pieces.
      masks.group = at::cat(
          {at::zeros({masks.random_rows}, proposal.group.options()), proposal.group + (1 + first + masks.random_rows)});
    }
    if (reversal) masks.reversed = std::move(proposal.removal);
  } else if (law.adversary && options_.game.scope == "group" && options_.game.masking == "masker") {
    masks.group = at::zeros({rows}, visible.options().dtype(at::kLong));
  }
  masks.keep = parts.size() == 1 ? parts[0] : at::cat(parts);
  return masks;
}

void Game::learn(std::int64_t update, const model::Removal& removal, const at::Tensor& visible,
                 const at::Tensor& loss) {
  const auto entropy = objective::removal_entropy(removal.soft, model::kLeads);
  const auto whole = loss + options_.game.entropy_weight * (2.0 - entropy.leads - entropy.time) +
                     options_.game.contiguity_weight * objective::roughness(removal.soft, visible, model::kLeads);
  const double value = whole.item<double>();
  if (!std::isfinite(value)) {
    throw Error(Code::loss_not_finite, "the masker's loss is not finite")
        .at(cat("update ", update))
        .got(cat(value))
        .hint("make game.learning_rate smaller; the last checkpoint is sound");
  }
  if (removal.hard.logical_not().logical_and(visible).any().item<bool>()) {  // a budget of 0 teaches nothing
    std::vector<at::Tensor> inputs;
    for (const auto& parameter : optimizer_->parameters()) inputs.push_back(parameter.value);
    // Gradients for the masker alone: the towers are frozen by not being asked.
    const auto gradients = torch::autograd::grad({whole}, inputs, {}, std::nullopt, false, /*allow_unused=*/true);
    for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i].mutable_grad() = gradients[i];
    optimizer_->clip_gradients(options_.game.clip);
    if (!optimizer_->gradients_finite().item<bool>()) {
      throw Error(Code::loss_not_finite, "a gradient of the masker is not finite")
          .at(cat("update ", update))
          .hint("make game.learning_rate smaller; the last checkpoint is sound");
    }
    optimizer_->step(options_.game.learning_rate);
    optimizer_->zero_grad();
  }
  health_.take_step(entropy.leads.item<double>(), objective::indecision(removal.soft, visible).item<double>(),
                    removal.budget_error.max().item<double>());
}

double Game::gain_over_random(const RemovalLaw& law, std::int64_t update, const MaskerView& view,
                              const at::Tensor& kept) const {
  at::NoGradGuard no_grad;
  const Frozen frozen(model_);
  tensor::Autocast autocast(device_, precision_);
  const model::NoiseKey noise{.seed = options_.seed, .step = update, .purpose = kMaskerReference, .first_sample = 0};
  const auto& visible = view.tokens.visible;
  const auto random =
      model::remove(at::zeros(visible.sizes(), visible.options().dtype(at::kFloat)), visible, law.adversarial_share,
                    law.structure, law.temperature, options_.game.min_visible, noise);
  const auto loss = [&](const at::Tensor& keep) {
    const auto features = model_.ecg->encode(view.tokens, keep);
    return objective::contrastive({.ecg = features.embedding, .text = view.text, .logit_scale = model_.logit_scale},
                                  view.targets)
        .item<double>();
  };
  return loss(kept) - loss(random.hard);
}

bool Game::step(std::int64_t update, const PairBatch& pairs) {
  if (!optimizer_ || !masker_step_due(options_.game, plan_, update)) return false;
  // While it warms up no record has met its masks yet: the cap is that of its first use.
  const auto law_now = law(update);
  const auto count = std::min(options_.game.batch, pairs.size());
  const auto part = pairs.rows(0, count);
  const Frozen frozen(model_);
  MaskerView view;
  view.targets = objective::narrow(pairs.targets, 0, count);
  {
    at::NoGradGuard no_grad;
    tensor::Autocast autocast(device_, precision_);
    view.tokens = model_.ecg->embed(part.ecg);
    view.read = model_.ecg->read(view.tokens, model_.ecg->encode(view.tokens));
    view.text = model_.text->forward(part.ids, part.lengths);
  }
  model::Removal removal;
  at::Tensor aligned;
  {
    tensor::Autocast autocast(device_, precision_);
    auto proposal = propose(law_now, update, view, 0, kMaskerStep);
    if (proposal.group.defined()) view.targets = objective::within_groups(view.targets, proposal.group);
    removal = std::move(proposal.removal);
    const auto features = model_.ecg->encode_dense(view.tokens, removal.keep);
    aligned = objective::contrastive(
        {.ecg = features.embedding, .text = view.text, .logit_scale = model_.logit_scale.detach()}, view.targets);
  }
  if (health_.gain_due()) health_.take_gain(gain_over_random(law_now, update, view, removal.hard));
  learn(update, removal, view.tokens.visible, -aligned);
  return true;
}

void Game::learn_reversed(std::int64_t update, const MaskerView& view, const model::Removal& removal,
                          const at::Tensor& keep_gradient) {
  if (health_.gain_due()) health_.take_gain(gain_over_random(law(update), update, view, removal.hard));
  // Its gradient by the masker's weights is that of -L(masked).
  learn(update, removal, view.tokens.visible, -(removal.keep * keep_gradient.to(removal.keep.scalar_type())).sum());
}

at::Tensor half_of_the_leads(const at::Tensor& visible, std::uint64_t seed, std::int64_t update, std::int64_t first) {
  constexpr auto kLeads = model::kLeads;
  const auto rows = visible.size(0), patches = visible.size(1) / kLeads;
  const auto lead_there = visible.view({rows, kLeads, patches}).any(2).to(at::kCPU).contiguous();
  auto kept = at::zeros({rows, kLeads}, at::TensorOptions().dtype(at::kBool));
  const auto* there = lead_there.data_ptr<bool>();
  auto* keep = kept.data_ptr<bool>();
  for (std::int64_t row = 0; row < rows; ++row) {
    CounterRandom random(seed, "lead-half", static_cast<std::uint64_t>(update),
                         static_cast<std::uint64_t>(first + row));
    std::vector<std::int64_t> leads;
    for (std::int64_t lead = 0; lead < kLeads; ++lead) {
      if (there[row * kLeads + lead]) leads.push_back(lead);
      keep[row * kLeads + lead] = random.chance(0.5);
    }
    // All gone would be a record without an ECG: one visible lead stays.
    const bool any =
        std::any_of(leads.begin(), leads.end(), [&](std::int64_t lead) { return keep[row * kLeads + lead]; });
    if (!any && !leads.empty()) keep[row * kLeads + leads[random.below(leads.size())]] = true;
  }
  return kept.to(visible.device())
      .unsqueeze(2)
      .expand({rows, kLeads, patches})
      .reshape({rows, -1})
      .logical_and(visible);
}

at::Tensor by_token(const at::Tensor& values, const model::EcgFeatures& features, std::int64_t tokens) {
  const auto lowest = values.masked_fill(features.valid.logical_not(), 0.0).amin(1, true);
  const auto taken = model::at_tokens(features.valid, features, tokens);
  return at::where(taken, model::at_tokens(values, features, tokens), lowest);
}

}  // namespace scar::training
