#include "scar/training/game.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>

#include "scar/core/cat.h"
#include "scar/core/random.h"
#include "scar/objective/removal_terms.h"

namespace scar::training {

namespace {

// Purposes of removal noise: draws of one update must not be the same draw.
enum Purpose : std::int64_t { kRandomMask = 1, kAdversarialMask = 2, kMaskerStep = 3, kMaskerReference = 4 };

constexpr std::int64_t kLeads = 12;
constexpr std::int64_t kGainEvery = 5;    // masker steps between two measurements of the gain
constexpr std::int64_t kAlarmAfter = 50;  // masker steps
constexpr double kMemory = 0.9;           // of the running means

double running(double before, double now, std::int64_t count) {
  return count == 0 ? now : kMemory * before + (1 - kMemory) * now;
}

std::vector<tensor::NamedParameter> parameters_of(torch::nn::Module& module, const std::string& prefix) {
  std::vector<tensor::NamedParameter> list;
  for (auto& item : module.named_parameters()) list.push_back({prefix + item.key(), item.value()});
  return list;
}

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

at::Tensor Game::half_of_the_leads(const at::Tensor& visible, std::int64_t update, std::int64_t first) const {
  const auto rows = visible.size(0), patches = visible.size(1) / kLeads;
  const auto lead_there = visible.view({rows, kLeads, patches}).any(2).to(at::kCPU).contiguous();
  auto kept = at::zeros({rows, kLeads}, at::TensorOptions().dtype(at::kBool));
  const auto* there = lead_there.data_ptr<bool>();
  auto* keep = kept.data_ptr<bool>();
  for (std::int64_t row = 0; row < rows; ++row) {
    CounterRandom random(options_.seed, "lead-half", static_cast<std::uint64_t>(update),
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

Game::Masks Game::masks(const RemovalLaw& law, std::int64_t update, std::int64_t first, std::int64_t batch,
                        const model::Tokens& tokens, const at::Tensor& pooling, const at::Tensor& text) {
  at::NoGradGuard no_grad;
  // A guard of its own: weights cast without a graph must not stay in the cache of the pass around it.
  tensor::Autocast autocast(device_, precision_);
  const auto rows = tokens.visible.size(0);
  Masks masks;
  if (options_.game.masking == "lead_half")
    return {.keep = half_of_the_leads(tokens.visible, update, first), .random_rows = rows};
  masks.random_rows = law.adversary ? std::clamp<std::int64_t>(batch / 2 - first, 0, rows) : rows;
  const auto adversarial_rows = rows - masks.random_rows;

  const auto draw = [&](const at::Tensor& logits, std::int64_t from, std::int64_t count, double share,
                        Purpose purpose) {
    const model::NoiseKey noise{
        .seed = options_.seed, .step = update, .purpose = purpose, .first_sample = first + from};
    return model::remove(logits, tokens.visible.narrow(0, from, count), share, law.structure, law.temperature,
                         options_.game.min_visible, noise)
        .hard;
  };
  std::vector<at::Tensor> parts;
  if (masks.random_rows > 0) {
    const auto level = at::zeros({masks.random_rows, tokens.visible.size(1)}, tokens.z.options().dtype(at::kFloat));
    parts.push_back(draw(level, 0, masks.random_rows, law.share, kRandomMask));
  }
  if (adversarial_rows > 0) {
    at::Tensor logits;
    if (options_.game.masking == "attention") {
      logits = pooling.narrow(0, masks.random_rows, adversarial_rows);
    } else {
      const model::Tokens part{.z = tokens.z.narrow(0, masks.random_rows, adversarial_rows),
                               .visible = tokens.visible.narrow(0, masks.random_rows, adversarial_rows)};
      logits = model_.masker->logits(part, text.narrow(0, masks.random_rows, adversarial_rows));
    }
    parts.push_back(draw(logits, masks.random_rows, adversarial_rows, law.adversarial_share, kAdversarialMask));
  }
  masks.keep = parts.size() == 1 ? parts[0] : at::cat(parts);
  return masks;
}

bool Game::step(std::int64_t update, const PairBatch& pairs) {
  if (!optimizer_ || !masker_step_due(options_.game, plan_, update)) return false;
  const auto law_now = law(update);
  // While it warms up no record has met its masks yet: the cap is that of its first use.
  const double share = law_now.adversarial_share;
  const auto count = std::min(options_.game.batch, pairs.size());
  const auto part = pairs.rows(0, count);
  objective::PairTargets targets;
  if (pairs.targets.positive.defined()) {
    targets.positive = pairs.targets.positive.narrow(0, 0, count).narrow(1, 0, count);
    targets.excluded = pairs.targets.excluded.narrow(0, 0, count).narrow(1, 0, count);
  }
  const bool was_training = model_.is_training();
  model_.eval();
  model::Tokens tokens;
  at::Tensor text;
  const auto log_scale = model_.logit_scale.detach();
  {
    at::NoGradGuard no_grad;
    tensor::Autocast autocast(device_, precision_);
    tokens = model_.ecg->embed(part.ecg);
    text = model_.text->forward(part.ids, part.lengths);
  }
  model::Removal removal;
  at::Tensor aligned, removed;
  const model::NoiseKey noise{.seed = options_.seed, .step = update, .purpose = kMaskerStep, .first_sample = 0};
  {
    tensor::Autocast autocast(device_, precision_);
    const auto logits = model_.masker->logits(tokens, text);
    removal = model::remove(logits, tokens.visible, share, law_now.structure, law_now.temperature,
                            options_.game.min_visible, noise);
    const auto features = model_.ecg->encode_dense(tokens, removal.keep);
    aligned = objective::contrastive({.ecg = features.embedding, .text = text, .logit_scale = log_scale}, targets);
    removed = removal.soft;
  }
  const auto entropy = objective::removal_entropy(removed, kLeads);
  const auto loss = -aligned + options_.game.entropy_weight * (2.0 - entropy.leads - entropy.time) +
                    options_.game.contiguity_weight * objective::roughness(removed, tokens.visible, kLeads);
  const double value = loss.item<double>();
  if (!std::isfinite(value)) {
    throw Error(Code::loss_not_finite, "the masker's loss is not finite")
        .at(cat("update ", update))
        .got(cat(value))
        .hint("make game.learning_rate smaller; the last checkpoint is sound");
  }
  if (removal.hard.logical_not().logical_and(tokens.visible).any().item<bool>()) {  // a budget of 0 teaches nothing
    std::vector<at::Tensor> inputs;
    for (const auto& parameter : optimizer_->parameters()) inputs.push_back(parameter.value);
    // Gradients for the masker alone: the towers are frozen by not being asked.
    const auto gradients = torch::autograd::grad({loss}, inputs, {}, std::nullopt, false, /*allow_unused=*/true);
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
  {
    at::NoGradGuard no_grad;
    auto& h = health_;
    h.lead_entropy = running(h.lead_entropy, entropy.leads.item<double>(), h.steps);
    h.indecision = running(h.indecision, objective::indecision(removed, tokens.visible).item<double>(), h.steps);
    h.budget_error = removal.budget_error.max().item<double>();
    if (h.steps % kGainEvery == 0) {
      tensor::Autocast autocast(device_, precision_);
      auto reference_noise = noise;
      reference_noise.purpose = kMaskerReference;
      const auto random = model::remove(at::zeros_like(removed), tokens.visible, share, law_now.structure,
                                        law_now.temperature, options_.game.min_visible, reference_noise);
      const auto features = model_.ecg->encode(tokens, random.hard);
      const auto reference =
          objective::contrastive({.ecg = features.embedding, .text = text, .logit_scale = log_scale}, targets);
      const double gain = aligned.item<double>() - reference.item<double>();
      h.gain = running(h.gain, gain, h.gains);
      h.gains += 1;
      h.gains_not_positive = gain > 0 ? 0 : h.gains_not_positive + 1;
    }
    h.steps += 1;
  }
  model_.train(was_training);
  return true;
}

std::vector<std::pair<int, std::string>> Game::alarms() const {
  std::vector<std::pair<int, std::string>> list;
  const auto& h = health_;
  if (h.steps < kAlarmAfter) return list;
  if (h.lead_entropy < 0.6)
    list.emplace_back(101, "the masker removes almost always the same leads: raise game.entropy_weight");
  if (h.indecision < 0.02)
    list.emplace_back(102, "the masker's soft masks are all decided and pass no gradient: raise game.temperature_end");
  if (h.gains_not_positive * kGainEvery >= kAlarmAfter) {
    list.emplace_back(103,
                      "the masker has not hurt more than random masks for 50 of its steps: raise game.learning_rate or "
                      "lower game.every");
  }
  if (h.budget_error > 1e-2) list.emplace_back(104, "the masker's budget is not met");
  return list;
}

at::Tensor by_token(const at::Tensor& values, const model::EcgFeatures& features, std::int64_t tokens) {
  const auto lowest = values.masked_fill(features.valid.logical_not(), 0.0).amin(1, true);
  const auto filled = at::where(features.valid, values, lowest.expand_as(values));
  if (!features.index.defined()) return filled;
  // Padding points at token 0 and would overwrite it: it is sent to a column of its own, then cut off.
  const auto place = features.index.masked_fill(features.valid.logical_not(), tokens);
  auto out = lowest.expand({values.size(0), tokens + 1}).clone();
  return out.scatter(1, place, filled).narrow(1, 0, tokens);
}

}  // namespace scar::training
