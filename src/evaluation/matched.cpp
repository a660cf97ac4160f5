#include "scar/evaluation/matched.h"

namespace scar::evaluation {
namespace {

std::vector<std::int64_t> first_by_hash(std::vector<std::int64_t> rows, std::int64_t most,
                                        const std::vector<std::string>& ids, std::uint64_t seed,
                                        const std::string& purpose, const std::string& label) {
  rows = hash_order(std::move(rows), ids, seed, purpose, label);
  if (static_cast<std::int64_t>(rows.size()) > most) rows.resize(static_cast<std::size_t>(most));
  return rows;
}

}  // namespace

std::vector<LabelSample> choose_sample(const ScoreTable& table, const std::vector<std::string>& ids,
                                       const SampleOptions& options) {
  std::vector<LabelSample> out;
  for (std::int64_t column = 0; column < table.columns(); ++column) {
    const auto& label = table.classes[static_cast<std::size_t>(column)];
    const auto labels = table.column_labels(column);
    std::vector<std::int64_t> positives, negatives;
    for (std::int64_t row = 0; row < table.rows; ++row) {
      (labels[static_cast<std::size_t>(row)] != 0 ? positives : negatives).push_back(row);
    }
    LabelSample sample;
    sample.all_positives = static_cast<std::int64_t>(positives.size());
    sample.all_negatives = static_cast<std::int64_t>(negatives.size());
    sample.positives =
        first_by_hash(std::move(positives), options.max_positives, ids, options.seed, "positives", label);
    sample.negatives =
        first_by_hash(std::move(negatives), options.max_negatives, ids, options.seed, "negatives", label);
    out.push_back(std::move(sample));
  }
  return out;
}

std::vector<Target> targets_of(const std::vector<LabelSample>& sample) {
  std::vector<Target> out;
  for (std::size_t label = 0; label < sample.size(); ++label) {
    if (sample[label].negatives.empty()) continue;  // no comparison, no attack
    for (const auto row : sample[label].positives) out.push_back({row, static_cast<std::int64_t>(label)});
  }
  return out;
}

MatchedScore matched_auroc(Scorer& scorer, const std::vector<LabelSample>& sample, const MaskBook& book,
                           std::size_t rate, std::uint64_t seed) {
  struct Row {
    std::size_t label;
    std::uint8_t positive;
    std::size_t place;  // among the positives or the negatives of the label
  };
  std::vector<Query> queries;
  std::vector<Row> rows;
  MatchedScore out;
  out.left_out.assign(sample.size(), 0);
  for (std::size_t label = 0; label < sample.size(); ++label) {
    const auto column = static_cast<std::int64_t>(label);
    std::vector<const data::UnitMask*> masks;
    for (std::size_t place = 0; place < sample[label].positives.size(); ++place) {
      const auto row = sample[label].positives[place];
      const auto* own = book.find({row, column});
      if (own == nullptr || !scorer.visible_under(row, (*own)[rate])) {
        ++out.left_out[label];
        continue;
      }
      masks.push_back(&(*own)[rate]);
      queries.push_back({row, column, masks.back()});
      rows.push_back({label, 1, place});
    }
    for (std::size_t place = 0; place < sample[label].negatives.size(); ++place) {
      const auto row = sample[label].negatives[place];
      const auto start = choice_hash(seed, "whose mask", book.labels[label], book.ids[static_cast<std::size_t>(row)]);
      std::size_t tried = 0;
      for (; tried < masks.size(); ++tried) {
        const auto* mask = masks[(start % masks.size() + tried) % masks.size()];
        if (!scorer.visible_under(row, *mask)) continue;
        queries.push_back({row, column, mask});
        rows.push_back({label, 0, place});
        break;
      }
      if (tried == masks.size()) ++out.left_out[label];
    }
  }
  const auto scores = scorer.score(queries);

  for (std::size_t label = 0; label < sample.size(); ++label) {
    std::vector<double> values;
    std::vector<std::uint8_t> labels;
    ClassScore entry;
    entry.name = book.labels[label];
    auto& of_positives = out.positive_scores.emplace_back(sample[label].positives.size());
    auto& of_negatives = out.negative_scores.emplace_back(sample[label].negatives.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].label != label) continue;
      values.push_back(scores[i]);
      labels.push_back(rows[i].positive);
      (rows[i].positive != 0 ? entry.positives : entry.negatives) += 1;
      (rows[i].positive != 0 ? of_positives : of_negatives)[rows[i].place] = scores[i];
    }
    entry.auroc = auroc(values, labels);
    entry.average_precision = average_precision(values, labels);
    out.score.classes.push_back(std::move(entry));
  }
  out.score.rows = static_cast<std::int64_t>(rows.size());
  summarise(out.score);
  return out;
}

}  // namespace scar::evaluation
