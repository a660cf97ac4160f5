#pragma once

#include <functional>
#include <string>
#include <vector>

#include "scar/core/random.h"
#include "scar/evaluation/scorer.h"
#include "scar/evaluation/scores.h"

namespace scar::evaluation {

/// A model that is one line long: the score as a function of (record, label, mask). The mask is never null.
class ToyScorer final : public Scorer {
 public:
  using Function = std::function<double(std::int64_t, std::int64_t, const data::UnitMask&)>;

  ToyScorer(std::int64_t records, Function function, bool with_saliency = false)
      : grid_(data::unit_grid(400, 100.0, 25)),  // 12 leads of 16 blocks of 250 ms
        records_(records),
        function_(std::move(function)),
        with_saliency_(with_saliency),
        available_(static_cast<std::size_t>(grid_.units()), 1),
        nothing_(grid_) {}

  const data::UnitGrid& grid() const override { return grid_; }
  std::int64_t records() const override { return records_; }
  const std::uint8_t* available(std::int64_t) const override { return available_.data(); }
  std::vector<double> score(std::span<const Query> queries) override {
    std::vector<double> out;
    for (const auto& query : queries) {
      out.push_back(function_(query.record, query.label, query.removed == nullptr ? nothing_ : *query.removed));
      ++scored;
    }
    return out;
  }
  /// Differences: what the score loses with each unit, as the derivative of a linear model would say.
  std::vector<float> saliency(std::span<const Query> queries) override {
    std::vector<float> out;
    if (!with_saliency_) return out;
    for (const auto& query : queries) {
      const double whole = function_(query.record, query.label, *query.removed);
      for (std::int64_t unit = 0; unit < grid_.units(); ++unit) {
        auto mask = *query.removed;
        mask.remove(unit / grid_.blocks, unit % grid_.blocks);
        out.push_back(static_cast<float>(whole - function_(query.record, query.label, mask)));
      }
    }
    return out;
  }

  std::int64_t scored = 0;

 private:
  data::UnitGrid grid_;
  std::int64_t records_;
  Function function_;
  bool with_saliency_;
  std::vector<std::uint8_t> available_;
  data::UnitMask nothing_;
};

/// Records "r0", "r1", ...; record i is positive for label c where (i + c) % 4 == 0.
inline std::vector<std::string> toy_ids(std::int64_t records) {
  std::vector<std::string> out;
  for (std::int64_t i = 0; i < records; ++i) out.push_back("r" + std::to_string(i));
  return out;
}
inline bool toy_positive(std::int64_t record, std::int64_t label) { return (record + label) % 4 == 0; }

inline ScoreTable clean_table(Scorer& scorer, const std::vector<std::string>& classes) {
  ScoreTable out;
  out.classes = classes;
  out.rows = scorer.records();
  std::vector<Query> queries;
  for (std::int64_t row = 0; row < out.rows; ++row) {
    for (std::int64_t label = 0; label < out.columns(); ++label) {
      queries.push_back({row, label, nullptr});
      out.labels.push_back(toy_positive(row, label) ? 1 : 0);
    }
  }
  out.scores = scorer.score(queries);
  return out;
}

/// A number in [0, 1) that follows from its arguments.
inline double noise(std::uint64_t seed, std::int64_t a, std::int64_t b) {
  return CounterRandom(seed, "toy", static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(b)).uniform();
}

}  // namespace scar::evaluation
