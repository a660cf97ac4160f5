#include "scar/evaluation/enrichment.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include <ATen/ops/empty.h>

#include "scar/core/hash.h"
#include "scar/core/random.h"
#include "scar/data/ecg_record.h"
#include "scar/data/synthetic/evidence.h"
#include "scar/data/synthetic/findings.h"
#include "scar/evaluation/token_measures.h"
#include "single_finding.h"

namespace scar::evaluation {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kTokensAtOnce = 4096;  // of a pass with derivatives, which needs memory

std::vector<double> to_vector(const at::Tensor& values) {
  const auto flat = values.to(at::kCPU, at::kDouble).contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

at::Tensor primary_evidence(const data::Store& store, std::span<const SingleFinding> asked, std::int64_t patch) {
  const auto blocks = store.info().evidence_blocks;
  const auto tokens = 12 * (store.samples() / patch);
  auto out = at::empty({static_cast<std::int64_t>(asked.size()), tokens}, at::kByte);
  auto* row = out.mutable_data_ptr<std::uint8_t>();
  for (const auto& [record, finding, localised, id] : asked) {
    const auto bits = evidence_tokens(store.primary(record, finding), blocks, store.samples() / blocks, patch);
    row = std::copy(bits.begin(), bits.end(), row);
  }
  return out.to(at::kBool);
}

at::Tensor random_scores(std::span<const SingleFinding> asked, std::int64_t tokens, std::uint64_t seed) {
  auto out = at::empty({static_cast<std::int64_t>(asked.size()), tokens}, at::kDouble);
  auto* value = out.mutable_data_ptr<double>();
  for (const auto& [record, finding, localised, id] : asked) {
    CounterRandom random(seed, "enrichment-random", xxh3(id.data(), id.size()));
    for (std::int64_t token = 0; token < tokens; ++token) *value++ = random.uniform();
  }
  return out;
}

/// Appends the values of the records that count to a figure of the row.
void append(EnrichmentRow& row, const std::string& measure, const std::vector<double>& values,
            const std::vector<std::uint8_t>& counts) {
  auto figure = std::find_if(row.figures.begin(), row.figures.end(),
                             [&](const EnrichmentFigure& known) { return known.measure == measure; });
  if (figure == row.figures.end()) figure = row.figures.insert(figure, {measure, {}, {}});
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (counts[i] != 0) figure->by_record.push_back(values[i]);
  }
}

void summarise(EnrichmentStudy& study, const BootstrapOptions& options) {
  std::vector<std::vector<double>> values = {study.evidence_by_record};
  for (const auto& row : study.rows) {
    for (const auto& figure : row.figures) values.push_back(figure.by_record);
  }
  const auto means = macro_means(values, study.finding, study.findings.size(), study.patients, options);
  auto mean = means.begin();
  study.evidence_share = (mean++)->by_group;
  for (auto& row : study.rows) {
    for (auto& figure : row.figures) figure.mean = *mean++;
  }
}

}  // namespace

RemovedEvidence remove_evidence(const at::Tensor& scores, const at::Tensor& visible, const at::Tensor& evidence,
                                double rate, model::Structure structure, std::int64_t min_visible) {
  const auto removal = model::remove(scores.to(at::kDouble), visible, rate, structure, 1.0, min_visible, std::nullopt);
  const auto there = evidence.logical_and(visible);
  const auto all = to_vector(visible.sum(1)), gone = to_vector(removal.count), wanted = to_vector(there.sum(1)),
             hit = to_vector(there.logical_and(removal.hard.logical_not()).sum(1));
  RemovedEvidence out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool defined = gone[i] > 0 && wanted[i] > 0;
    out.enrichment.push_back(defined ? hit[i] / wanted[i] * all[i] / gone[i] : kUndefined);
    out.ceiling.push_back(defined ? all[i] / std::max(gone[i], wanted[i]) : kUndefined);
  }
  return out;
}

const EnrichmentFigure* EnrichmentRow::find(const std::string& measure) const {
  for (const auto& figure : figures) {
    if (figure.measure == measure) return &figure;
  }
  return nullptr;
}

EnrichmentStudy study_enrichment(model::DualEncoder& model, const text::Tokenizer& tokenizer, const data::Store& store,
                                 const std::vector<std::int64_t>& records, const EnrichmentOptions& options,
                                 const std::function<void(std::int64_t, std::int64_t)>& progress) {
  const auto patch = model.options().ecg.patch_samples;
  const auto tokens_per_record = 12 * (store.samples() / patch);
  EnrichmentStudy study;
  study.findings = localised_findings();
  for (const auto structure : kStructures) {
    for (const double rate : options.rates) study.rows.push_back({structure, rate, {}});
  }
  const auto asked = records_of_one_finding(store, records);
  std::vector<std::int64_t> asked_records;
  for (const auto& one : asked) asked_records.push_back(one.record);

  auto loading = options.embed;
  loading.batch = std::clamp<std::int64_t>(kTokensAtOnce / tokens_per_record, 1, options.embed.batch);
  const auto take_batch = [&](std::int64_t first, const model::Tokens& tokens) {
    const auto count = tokens.visible.size(0);
    const auto part = std::span(asked).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    std::vector<std::string> reports;
    for (const auto& one : part) reports.push_back(store.report(one.record));
    const auto text = embed_texts(model, tokenizer, reports, options.embed.device, options.embed.precision);
    const auto measures = measure_tokens(model, tokens, text.to(options.embed.device), options.masker);
    const auto visible = tokens.visible.to(at::kCPU), evidence = primary_evidence(store, part, patch);
    const std::array<at::Tensor, kEnrichmentMeasures.size()> scores = {
        measures.masker,   random_scores(part, tokens_per_record, options.seed),
        measures.saliency, measures.attention,
        measures.selector, evidence};

    const auto wanted = to_vector(evidence.logical_and(visible).sum(1)), seen = to_vector(visible.sum(1));
    std::vector<std::uint8_t> counts;
    for (std::size_t i = 0; i < part.size(); ++i) {
      counts.push_back(wanted[i] > 0 ? 1 : 0);
      if (wanted[i] == 0) {
        ++study.without_evidence;
        continue;
      }
      study.records.push_back(part[i].record);
      study.ids.push_back(part[i].id);
      study.patients.push_back(store.patient(part[i].record));
      study.finding.push_back(part[i].localised);
      study.evidence_by_record.push_back(wanted[i] / seen[i]);
    }
    for (auto& row : study.rows) {
      RemovedEvidence removed;
      for (std::size_t m = 0; m < scores.size(); ++m) {
        if (!scores[m].defined()) continue;
        removed =
            remove_evidence(scores[m].to(at::kCPU), visible, evidence, row.rate, row.structure, options.min_visible);
        append(row, kEnrichmentMeasures[m], removed.enrichment, counts);
      }
      append(row, "ceiling", removed.ceiling, counts);
    }
    if (progress) progress(first + count, static_cast<std::int64_t>(asked.size()));
  };
  if (!asked.empty()) for_each_token_batch(model, store, asked_records, loading, take_batch);
  summarise(study, options.bootstrap);
  return study;
}

}  // namespace scar::evaluation
