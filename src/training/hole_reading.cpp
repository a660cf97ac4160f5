#include "scar/training/hole_reading.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "scar/core/random.h"

namespace scar::training {

namespace {

/// Share of `sorted` below each value, ties 1/2.
std::vector<double> shares_below(const std::vector<double>& values, std::vector<double> sorted) {
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> out;
  for (const double value : values) {
    const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), value);
    out.push_back(0.5 * static_cast<double>((low - sorted.begin()) + (high - sorted.begin())) /
                  static_cast<double>(sorted.size()));
  }
  return out;
}

}  // namespace

HoleReading hole_reading(const std::vector<double>& own, const std::vector<double>& other) {
  const auto n = static_cast<double>(own.size());
  const auto above = shares_below(own, other);  // of `other` below own[k]
  auto below = shares_below(other, own);        // of `own` below other[k]
  HoleReading out;
  out.n = static_cast<std::int64_t>(own.size());
  out.auroc = 0;
  for (const double share : above) out.auroc += share / n;
  double square = 0;
  for (std::size_t k = 0; k < own.size(); ++k) {
    const double influence = above[k] + (1.0 - below[k]) - 2.0 * out.auroc;
    square += influence * influence;
  }
  out.high = out.auroc + 1.96 * std::sqrt(square / (n - 1) / n);
  return out;
}

std::vector<ForeignPair> foreign_pairs(std::int64_t rows, std::uint64_t seed,
                                       const std::function<bool(std::int64_t, std::int64_t)>& foreign) {
  std::vector<ForeignPair> out;
  for (std::int64_t text = 0; text < rows; ++text) {
    std::vector<std::int64_t> candidates;
    for (std::int64_t row = 0; row < rows; ++row) {
      if (row != text && foreign(text, row)) candidates.push_back(row);
    }
    if (candidates.size() < 2) continue;
    CounterRandom random(seed, "foreign-pair", static_cast<std::uint64_t>(text));
    const auto signal = random.below(candidates.size());
    const auto other = (signal + 1 + random.below(candidates.size() - 1)) % candidates.size();
    out.push_back({text, candidates[signal], candidates[other]});
  }
  return out;
}

void read_holes(model::EcgEncoder& encoder, const model::Tokens& tokens, const at::Tensor& text, const at::Tensor& kept,
                const std::vector<ForeignPair>& pairs, HoleScores& scores) {
  if (pairs.empty()) return;
  at::NoGradGuard no_grad;
  std::vector<std::int64_t> texts, signals, others;
  for (const auto& pair : pairs) {
    texts.push_back(pair.text);
    signals.push_back(pair.signal);
    others.push_back(pair.other);
  }
  const auto rows = [&](const std::vector<std::int64_t>& list) {
    return at::tensor(list, at::TensorOptions().dtype(at::kLong)).to(kept.device());
  };
  const auto signal = rows(signals), words = text.index_select(0, rows(texts));
  const model::Tokens foreign{.z = tokens.z.index_select(0, signal), .visible = tokens.visible.index_select(0, signal)};
  const auto add = [&](const std::vector<std::int64_t>& masks, std::vector<double>& out) {
    const auto embedding = encoder.encode(foreign, kept.index_select(0, rows(masks))).embedding;
    const auto cosine = (embedding * words.to(embedding.scalar_type())).sum(1).to(at::kCPU, at::kDouble).contiguous();
    out.insert(out.end(), cosine.data_ptr<double>(), cosine.data_ptr<double>() + cosine.numel());
  };
  add(texts, scores.own);
  add(others, scores.other);
}

}  // namespace scar::training
