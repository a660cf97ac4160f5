#include "scar/training/train_step.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <vector>

#include "scar/core/cat.h"
#include "scar/tensor/generator.h"

namespace scar::training {

namespace {

std::vector<tensor::NamedParameter> tower_parameters(model::DualEncoder& model) {
  std::vector<tensor::NamedParameter> list;
  for (auto& item : model.named_parameters()) {
    if (item.key().rfind("masker.", 0) != 0) list.push_back({item.key(), item.value()});
  }
  return list;
}

objective::SelectorTarget target_of(const std::string& name) {
  if (name == "clean") return objective::SelectorTarget::clean;
  return name == "masked" ? objective::SelectorTarget::masked : objective::SelectorTarget::reweight;
}

}  // namespace

TrainStep::TrainStep(const TrainOptions& options, const Plan& plan, model::DualEncoder& model, Game& game,
                     c10::Device device, tensor::Precision precision)
    : options_(options),
      plan_(plan),
      model_(model),
      game_(game),
      device_(device),
      precision_(precision),
      optimizer_(tower_parameters(model), options.train.adamw),
      masked_pass_(options.game.masking != "none"),
      selector_target_(target_of(options.objective.selector_target)) {}

at::Tensor TrainStep::selector_rows(const model::EcgFeatures& masked, const model::EcgFeatures& clean,
                                    const at::Tensor& text, std::int64_t first, std::int64_t tokens) {
  const auto rows = masked.valid.size(0);
  at::Tensor similarity;
  {
    at::NoGradGuard no_grad;                         // the target teaches the weights, never the tokens
    tensor::Autocast autocast(device_, precision_);  // of its own: casts without a graph must not outlive this block
    const auto words = text.narrow(0, first, rows).unsqueeze(2);
    if (selector_target_ == objective::SelectorTarget::clean) {
      model::EcgFeatures part;
      part.valid = clean.valid.narrow(0, first, rows);
      if (clean.index.defined()) part.index = clean.index.narrow(0, first, rows);
      const auto all = model_.ecg->token_embeddings(clean.hidden.narrow(0, first, rows)).matmul(words).squeeze(2);
      similarity = by_token(all, part, tokens);
      if (masked.index.defined()) similarity = similarity.gather(1, masked.index);
    } else {
      similarity = model_.ecg->token_embeddings(masked.hidden).matmul(words).squeeze(2);
    }
  }
  return objective::selection_rows({.log_weights = masked.log_weights, .similarity = similarity, .valid = masked.valid},
                                   selector_target_, options_.objective.selector_temperature);
}

TrainStep::Piece TrainStep::forward(std::int64_t update, const RemovalLaw& law, const PairBatch& part,
                                    std::int64_t first, std::int64_t batch, const at::Tensor& saliency) {
  tensor::Autocast autocast(device_, precision_);
  Piece piece;
  piece.text = model_.text->forward(part.ids, part.lengths);
  const auto tokens = model_.ecg->embed(part.ecg);
  const auto clean = model_.ecg->encode(tokens);
  piece.clean = clean.embedding;
  if (!masked_pass_) return piece;

  const auto count = tokens.visible.size(1);
  at::Tensor pooling;
  if (law.adversary && options_.game.masking == "attention")
    pooling = by_token(clean.log_weights.detach(), clean, count);
  const auto rows = part.size();
  MaskerView view{.tokens = {.z = tokens.z.detach(), .visible = tokens.visible},
                  .read = {},
                  .text = piece.text.detach(),
                  .targets = objective::narrow(part.targets, first, rows)};
  if (saliency.defined()) view.saliency = saliency.narrow(0, first, rows);
  if (law.adversary && options_.game.masking == "masker") {
    tensor::Autocast apart(device_, precision_);  // casts without a graph must not outlive this block
    view.read = model_.ecg->read(tokens, clean);
  }
  auto masks = game_.masks(law, update, first, batch, view, pooling);
  piece.random_rows = masks.random_rows;
  piece.group = masks.group;

  // Random and adversarial rows have budgets of their own: apart, neither pads the other.
  std::vector<at::Tensor> embeddings;
  const auto pass = [&](std::int64_t from, std::int64_t to) {
    const auto size = to - from;
    if (size == 0) return;
    const bool random = from < masks.random_rows;
    const model::Tokens some{.z = tokens.z.narrow(0, from, size), .visible = tokens.visible.narrow(0, from, size)};
    model::EcgFeatures features;
    if (masks.reversed && from == masks.masker_from) {
      const auto keep = masks.reversed->keep.detach().requires_grad_(true);
      features = model_.ecg->encode_dense(some, keep);
      piece.reversal = Reversal{.removal = std::move(*masks.reversed),
                                .view = {.tokens = {.z = view.tokens.z.narrow(0, from, size), .visible = some.visible},
                                         .read = {},
                                         .text = view.text.narrow(0, from, size),
                                         .targets = objective::narrow(view.targets, from, size)},
                                .keep = keep,
                                .keep_gradient = {}};
    } else {
      features = model_.ecg->encode(some, masks.keep.narrow(0, from, size));
    }
    embeddings.push_back(features.embedding);
    if (options_.objective.selector_weight > 0) {
      const auto sum = selector_rows(features, clean, piece.text, from, count).sum();
      piece.selector = piece.selector.defined() ? piece.selector + sum : sum;
    }
    if (random && options_.objective.consistency_weight > 0) {
      piece.consistency = objective::consistency_rows(features.embedding, clean.embedding.narrow(0, from, size)).sum();
    }
  };
  pass(0, masks.random_rows);
  if (masks.reversed) {
    pass(masks.random_rows, masks.masker_from);
    pass(masks.masker_from, rows);
  } else {
    pass(masks.random_rows, rows);
  }
  piece.masked = embeddings.size() == 1 ? embeddings[0] : at::cat(embeddings);
  return piece;
}

StepReport TrainStep::gradients(std::int64_t update, const PairBatch& pairs) {
  const auto law = game_.law(update);
  const auto batch = pairs.size();
  const auto pieces = options_.train.accumulate;
  const auto size = batch / pieces;
  std::vector<Piece> parts;
  std::vector<at::Tensor> generators;  // dropout must fall alike when a piece is computed again
  at::Tensor saliency;
  if (pieces == 1) {
    parts.push_back(forward(update, law, pairs, 0, batch, saliency));
  } else {
    saliency = game_.saliency(law, pairs, size);
    at::NoGradGuard no_grad;
    for (std::int64_t i = 0; i < pieces; ++i) {
      generators.push_back(tensor::generator_state(device_));
      parts.push_back(forward(update, law, pairs.rows(i * size, size), i * size, batch, saliency));
    }
  }

  const auto join = [&](at::Tensor Piece::*member) {
    if (pieces == 1) return parts[0].*member;
    std::vector<at::Tensor> list;
    for (auto& part : parts) list.push_back(part.*member);
    return at::cat(list).detach().requires_grad_(true);
  };
  const auto clean = join(&Piece::clean), text = join(&Piece::text);
  StepReport report;
  auto& summed = report.terms.summed;
  const auto& weights = options_.objective;
  const objective::PairFeatures clean_pairs{.ecg = clean, .text = text, .logit_scale = model_.logit_scale};
  summed.push_back({"clean", objective::contrastive(clean_pairs, pairs.targets), 1.0});
  at::Tensor masked;
  std::int64_t random_rows = 0;
  at::Tensor selector, consistency;
  if (masked_pass_) {
    masked = join(&Piece::masked);
    auto targets = pairs.targets;
    std::vector<at::Tensor> groups;
    for (const auto& part : parts) {
      if (part.group.defined()) groups.push_back(part.group);
    }
    if (!groups.empty()) targets = objective::within_groups(targets, at::cat(groups));
    summed.push_back({"masked",
                      objective::contrastive({.ecg = masked, .text = text, .logit_scale = model_.logit_scale}, targets),
                      weights.masked_weight});
    for (const auto& part : parts) {
      random_rows += part.random_rows;
      if (part.selector.defined()) selector = selector.defined() ? selector + part.selector : part.selector;
      if (part.consistency.defined())
        consistency = consistency.defined() ? consistency + part.consistency : part.consistency;
    }
    if (selector.defined())
      summed.push_back({"selector", selector / static_cast<double>(batch), weights.selector_weight});
    if (consistency.defined()) {
      summed.push_back({"consistency", consistency / static_cast<double>(random_rows), weights.consistency_weight});
    }
  }
  const auto loss = report.terms.total();
  report.loss = loss.item<double>();
  if (!std::isfinite(report.loss)) {
    throw Error(Code::loss_not_finite, "the loss is not finite")
        .at(cat("update ", update))
        .got(cat(report.loss))
        .hint("make train.learning_rate smaller or train.warmup longer; the last checkpoint is sound");
  }
  report.matched = objective::matched_share(clean_pairs, pairs.targets).item<double>();
  reversal_.reset();
  if (pieces == 1 && parts[0].reversal) {
    reversal_ = std::move(parts[0].reversal);
    // Asked for by itself, before the whole loss: L_sel and the rest must not teach the masker.
    reversal_->keep_gradient =
        torch::autograd::grad({summed[1].value}, {reversal_->keep}, {}, /*retain_graph=*/true)[0];
    if (parts[0].group.defined()) {
      reversal_->view.targets =
          objective::within_groups(reversal_->view.targets, parts[0].group.narrow(0, random_rows, batch - random_rows));
    }
  }
  loss.backward();
  for (std::int64_t i = 0; pieces > 1 && i < pieces; ++i) {
    const auto resume = tensor::generator_state(device_);
    tensor::set_generator_state(device_, generators[static_cast<std::size_t>(i)]);
    auto part = forward(update, law, pairs.rows(i * size, size), i * size, batch, saliency);
    tensor::set_generator_state(device_, resume);
    std::vector<at::Tensor> roots, seeds;
    const auto carry = [&](const at::Tensor& output, const at::Tensor& whole) {
      roots.push_back(output);
      seeds.push_back(whole.grad().narrow(0, i * size, size));
    };
    carry(part.clean, clean);
    carry(part.text, text);
    if (masked_pass_) carry(part.masked, masked);
    const auto local = [&](const at::Tensor& sum, double weight) {
      if (!sum.defined()) return;
      roots.push_back(sum);
      seeds.push_back(at::full_like(sum, weight));
    };
    local(part.selector, weights.selector_weight / static_cast<double>(batch));
    local(part.consistency, weights.consistency_weight / static_cast<double>(std::max<std::int64_t>(1, random_rows)));
    torch::autograd::backward(roots, seeds);
  }
  for (const auto& term : summed) report.terms.logged.push_back({term.name, term.value.item<double>()});
  return report;
}

StepReport TrainStep::step(std::int64_t update, const PairBatch& pairs) {
  optimizer_.zero_grad();
  auto report = gradients(update, pairs);
  report.gradient_norm = optimizer_.clip_gradients(options_.train.clip).item<double>();
  if (!std::isfinite(report.gradient_norm)) {
    throw Error(Code::loss_not_finite, "the gradient is not finite")
        .at(cat("update ", update))
        .hint("make train.learning_rate smaller or train.warmup longer; the last checkpoint is sound");
  }
  optimizer_.step(learning_rate(options_.train, plan_, update));
  model_.clamp_logit_scale();
  if (reversal_) {
    game_.learn_reversed(update, reversal_->view, reversal_->removal, reversal_->keep_gradient);
    reversal_.reset();
  }
  return report;
}

}  // namespace scar::training
