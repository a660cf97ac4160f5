#include "scar/evaluation/retrieval.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <set>
#include <unordered_map>

#include <ATen/ops/matmul.h>
#include <ATen/ops/tensor.h>

#include "scar/text/pair_identity.h"

namespace scar::evaluation {
namespace {

constexpr std::int64_t kScoresAtOnce = std::int64_t{1} << 25;  // 128 MB

FirstHit first_hit(const float* scores, std::int64_t own, const Gallery& gallery) {
  float best = -std::numeric_limits<float>::infinity();
  const auto m = gallery.identity.size();
  for (std::size_t j = 0; j < m; ++j) {
    if (gallery.identity[j] == own && gallery.count[j] > 0) best = std::max(best, scores[j]);
  }
  std::int64_t above = 0, misses = 0, hits = 0;
  for (std::size_t j = 0; j < m; ++j) {
    const bool tied = scores[j] >= best - kTie && scores[j] <= best + kTie;
    if (gallery.identity[j] == own)
      hits += tied ? gallery.count[j] : 0;
    else if (tied)
      misses += gallery.count[j];
    else if (scores[j] > best)
      above += gallery.count[j];
  }
  return expected_first_hit(above, misses, hits);
}

double median_rank(const std::vector<FirstHit>& hits) {
  std::vector<double> ranks;
  for (const auto& hit : hits) ranks.push_back(hit.rank);
  return quantile(std::move(ranks), .5);
}

FirstHit mean(const std::vector<FirstHit>& hits) {
  FirstHit out;
  for (const auto& hit : hits) {
    out.reciprocal += hit.reciprocal / static_cast<double>(hits.size());
    for (std::size_t k = 0; k < out.found.size(); ++k) out.found[k] += hit.found[k] / static_cast<double>(hits.size());
  }
  out.rank = median_rank(hits);
  return out;
}

/// Items by identity, and all of them: what chance depends on.
FirstHit chance(const Gallery& gallery, const std::vector<std::int64_t>& queries) {
  std::unordered_map<std::int64_t, std::int64_t> items;
  std::int64_t all = 0;
  for (std::size_t j = 0; j < gallery.count.size(); ++j) {
    items[gallery.identity[j]] += gallery.count[j];
    all += gallery.count[j];
  }
  std::unordered_map<std::int64_t, FirstHit> of_hits;  // by number of hits, of which there are few
  std::vector<FirstHit> hits;
  for (const auto own : queries) {
    const auto [known, fresh] = of_hits.try_emplace(items[own]);
    if (fresh) known->second = expected_first_hit(0, all - items[own], items[own]);
    hits.push_back(known->second);
  }
  return mean(hits);
}

RetrievalFigures figures(const std::vector<FirstHit>& hits, const FirstHit& by_chance,
                         const std::vector<std::string>& patients, const BootstrapOptions& options) {
  std::vector<std::vector<double>> values(kRecallAt.size() + 1);
  for (const auto& hit : hits) {
    for (std::size_t k = 0; k < kRecallAt.size(); ++k) values[k].push_back(hit.found[k]);
    values.back().push_back(hit.reciprocal);
  }
  const auto means = macro_means(values, std::vector<std::size_t>(hits.size(), 0), 1, patients, options);
  RetrievalFigures out;
  std::copy_n(means.begin(), kRecallAt.size(), out.recall.begin());
  out.reciprocal = means.back();
  out.median_rank = median_rank(hits);
  out.chance = by_chance;
  return out;
}

}  // namespace

FirstHit expected_first_hit(std::int64_t above, std::int64_t misses, std::int64_t hits) {
  assert(above >= 0 && misses >= 0 && hits > 0);
  FirstHit out;
  const auto m = static_cast<double>(misses), h = static_cast<double>(hits);
  out.rank = static_cast<double>(above) + (m + h + 1) / (h + 1);
  double before = 1;  // probability that no hit came yet
  for (std::int64_t place = 0; place <= misses && before > 1e-18; ++place) {
    const double here = before * h / (m + h - static_cast<double>(place));  // the first hit is here
    const auto rank = above + place + 1;
    out.reciprocal += here / static_cast<double>(rank);
    for (std::size_t k = 0; k < kRecallAt.size(); ++k) out.found[k] += rank <= kRecallAt[k] ? here : 0;
    before -= here;
  }
  return out;
}

std::vector<FirstHit> first_hits(const at::Tensor& queries, const std::vector<std::int64_t>& identity,
                                 const Gallery& gallery) {
  assert(queries.size(0) == static_cast<std::int64_t>(identity.size()));
  std::vector<FirstHit> out;
  out.reserve(identity.size());
  const auto items = gallery.embeddings.size(0), all = queries.size(0);
  const auto chunk = std::max<std::int64_t>(1, kScoresAtOnce / std::max<std::int64_t>(1, items));
  const auto columns = gallery.embeddings.t();
  for (std::int64_t first = 0; first < all; first += chunk) {
    const auto count = std::min(chunk, all - first);
    const auto scores = at::matmul(queries.narrow(0, first, count), columns).contiguous();
    const auto* row = scores.data_ptr<float>();
    for (std::int64_t i = 0; i < count; ++i, row += items)
      out.push_back(first_hit(row, identity[static_cast<std::size_t>(first + i)], gallery));
  }
  return out;
}

DistinctTexts distinct_texts(const std::vector<std::string>& reports) {
  DistinctTexts out;
  std::unordered_map<std::string, std::int64_t> known;
  for (const auto& report : reports) {
    const auto [entry, fresh] = known.try_emplace(report, static_cast<std::int64_t>(out.strings.size()));
    if (fresh) out.strings.push_back(report);
    out.of.push_back(entry->second);
  }
  out.identity = text::number_texts(out.strings);
  return out;
}

Retrieval study_retrieval(const at::Tensor& ecg, const at::Tensor& text_embeddings, const DistinctTexts& texts,
                          const std::vector<std::int64_t>& text_of, const std::vector<std::string>& patients,
                          const BootstrapOptions& options) {
  std::vector<std::int64_t> own;  // identity of each record
  Gallery reports{text_embeddings, texts.identity, std::vector<std::int64_t>(texts.strings.size(), 0)};
  for (const auto text : text_of) {
    own.push_back(texts.identity[static_cast<std::size_t>(text)]);
    ++reports.count[static_cast<std::size_t>(text)];
  }
  auto once = reports;
  for (auto& count : once.count) count = std::min<std::int64_t>(count, 1);
  const Gallery ecgs{ecg, own, std::vector<std::int64_t>(own.size(), 1)};

  Retrieval out;
  out.records = ecg.size(0);
  out.distinct_texts = static_cast<std::int64_t>(std::set<std::int64_t>(own.begin(), own.end()).size());
  out.to_report = figures(first_hits(ecg, own, reports), chance(reports, own), patients, options);
  out.to_text = figures(first_hits(ecg, own, once), chance(once, own), patients, options);
  // Equal reports ask the same: each string once, its answer for all of its records.
  std::vector<std::int64_t> asked, asked_identity;
  std::vector<std::size_t> answer(texts.strings.size());
  for (std::size_t s = 0; s < texts.strings.size(); ++s) {
    if (reports.count[s] == 0) continue;
    answer[s] = asked.size();
    asked.push_back(static_cast<std::int64_t>(s));
    asked_identity.push_back(texts.identity[s]);
  }
  const auto answers = first_hits(text_embeddings.index_select(0, at::tensor(asked, at::kLong)), asked_identity, ecgs);
  std::vector<FirstHit> of_record;
  for (const auto text : text_of) of_record.push_back(answers[answer[static_cast<std::size_t>(text)]]);
  out.to_ecg = figures(of_record, chance(ecgs, own), patients, options);
  return out;
}

}  // namespace scar::evaluation
