#include "scar/evaluation/secondary_weight.h"

#include <span>

#include <ATen/ATen.h>

#include "scar/data/synthetic/evidence.h"
#include "scar/evaluation/enrichment.h"
#include "scar/evaluation/token_measures.h"
#include "scar/objective/selection.h"
#include "single_finding.h"

namespace scar::evaluation {
namespace {

/// [b, N] bool: tokens that the primary evidence takes with it, and tokens of the secondary.
struct Evidence {
  at::Tensor removed, secondary;
};
Evidence evidence_of(const data::Store& store, std::span<const SingleFinding> part, std::int64_t patch) {
  const std::int64_t blocks = store.info().evidence_blocks, block_samples = store.samples() / blocks;
  const auto rows = static_cast<std::int64_t>(part.size()), tokens = 12 * (store.samples() / patch);
  auto removed = at::empty({rows, tokens}, at::kByte), secondary = at::empty({rows, tokens}, at::kByte);
  auto *r = removed.mutable_data_ptr<std::uint8_t>(), *s = secondary.mutable_data_ptr<std::uint8_t>();
  for (const auto& one : part) {
    const auto closed = data::oracle_mask(store.primary(one.record, one.finding), blocks);
    const auto gone = evidence_tokens(closed.data(), blocks, block_samples, patch);
    const auto there = evidence_tokens(store.secondary(one.record, one.finding), blocks, block_samples, patch);
    r = std::copy(gone.begin(), gone.end(), r);
    s = std::copy(there.begin(), there.end(), s);
  }
  return {removed.to(at::kBool), secondary.to(at::kBool)};
}

/// A value of every token [b, N] at the tokens of a pass [b, M].
at::Tensor of_pass(const at::Tensor& values, const model::EcgFeatures& pass) {
  return pass.index.defined() ? values.gather(1, pass.index) : values;
}

/// A value per token of a pass [b, M] at the tokens' own places [b, N]; 0 elsewhere.
at::Tensor at_places(const at::Tensor& values, const model::EcgFeatures& pass, const at::Tensor& visible) {
  if (!pass.index.defined()) return values;
  return at::zeros(visible.sizes(), values.options()).scatter_add_(1, pass.index, values * pass.valid);
}

}  // namespace

SecondaryWeight study_secondary_weight(model::DualEncoder& model, const text::Tokenizer& tokenizer,
                                       const data::Store& store, const std::vector<std::int64_t>& records,
                                       double temperature, const EmbedOptions& options,
                                       const BootstrapOptions& bootstrap) {
  SecondaryWeight study;
  study.findings = localised_findings();
  study.temperature = temperature;
  if (!pooling_weighs(model.options())) return study;
  for (const char* name : kSecondaryWeights) study.figures.push_back({name, {}, {}});
  const auto asked = records_of_one_finding(store, records);
  std::vector<std::int64_t> numbers;
  for (const auto& one : asked) numbers.push_back(one.record);
  const auto patch = model.options().ecg.patch_samples;

  const auto take_batch = [&](std::int64_t first, const model::Tokens& tokens) {
    const auto count = tokens.visible.size(0);
    const auto part = std::span(asked).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    std::vector<std::string> reports;
    for (const auto& one : part) reports.push_back(store.report(one.record));
    const auto words =
        embed_texts(model, tokenizer, reports, options.device, options.precision).to(options.device).unsqueeze(2);
    const auto evidence = evidence_of(store, part, patch);
    const auto removed = evidence.removed.to(options.device), secondary = evidence.secondary.to(options.device);
    const auto similarity = [&](const model::EcgFeatures& pass) {
      return model.ecg->token_embeddings(pass.hidden).matmul(words.to(at::kFloat)).squeeze(2);
    };
    const auto whole = model.ecg->encode(tokens);
    const auto clean = at_places(similarity(whole), whole, tokens.visible);
    const auto left = model.ecg->encode(tokens, removed.logical_not());
    const objective::SelectionInput now{
        .log_weights = left.log_weights, .similarity = similarity(left), .valid = left.valid};
    auto before = now;
    before.similarity = of_pass(clean, left);
    using Target = objective::SelectorTarget;
    const at::Tensor weights[] = {left.weights, objective::selection_target(now, Target::reweight, temperature),
                                  objective::selection_target(now, Target::masked, temperature),
                                  objective::selection_target(before, Target::clean, temperature)};
    const auto wanted = of_pass(secondary, left).logical_and(left.valid);
    const auto share =
        (wanted.sum(1).to(at::kDouble) / left.valid.sum(1).to(at::kDouble).clamp_min(1)).to(at::kCPU).contiguous();
    std::vector<at::Tensor> masses;
    for (const auto& weight : weights)
      masses.push_back((weight * wanted).sum(1).to(at::kCPU, at::kDouble).contiguous());
    for (std::int64_t i = 0; i < count; ++i) {
      const double there = share.data_ptr<double>()[i];
      if (there == 0) {
        ++study.without_evidence;
        continue;
      }
      const auto& one = part[static_cast<std::size_t>(i)];
      study.ids.push_back(one.id);
      study.patients.push_back(store.patient(one.record));
      study.finding.push_back(one.localised);
      for (std::size_t w = 0; w < masses.size(); ++w)
        study.figures[w].by_record.push_back(masses[w].data_ptr<double>()[i] / there);
    }
  };
  if (!asked.empty()) for_each_token_batch(model, store, numbers, options, take_batch);
  std::vector<std::vector<double>> values;
  for (const auto& figure : study.figures) values.push_back(figure.by_record);
  const auto means = macro_means(values, study.finding, study.findings.size(), study.patients, bootstrap);
  for (std::size_t w = 0; w < study.figures.size(); ++w) study.figures[w].mean = means[w];
  return study;
}

}  // namespace scar::evaluation
