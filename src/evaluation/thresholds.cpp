#include "scar/evaluation/thresholds.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::evaluation {
namespace {

/// Walks down the distinct scores; `worth` says how good it is to say yes to what has been passed.
template <class Worth>
std::optional<double> best_threshold(const std::vector<double>& scores, const std::vector<std::uint8_t>& labels,
                                     const Worth& worth) {
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!std::isfinite(scores[i])) throw Error(Code::undefined_score, "a score is not finite").at(cat("row ", i));
  }
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  Confusion counts;
  for (const auto label : labels) ++(label != 0 ? counts.false_negatives : counts.true_negatives);
  if (counts.false_negatives == 0 || counts.true_negatives == 0) return std::nullopt;
  double best = -1, threshold = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (labels[order[i]] != 0) {
      ++counts.true_positives;
      --counts.false_negatives;
    } else {
      ++counts.false_positives;
      --counts.true_negatives;
    }
    const bool last = i + 1 == order.size();
    if (!last && scores[order[i + 1]] == scores[order[i]]) continue;
    const double value = worth(counts);
    if (!(value > best)) continue;
    best = value;
    const double here = scores[order[i]];
    threshold = last ? here : here + (scores[order[i + 1]] - here) / 2;
    if (!last && !(threshold > scores[order[i + 1]])) threshold = here;  // neighbours in float64
  }
  return threshold;
}

double ratio(std::int64_t part, std::int64_t whole) { return static_cast<double>(part) / static_cast<double>(whole); }

}  // namespace

double Confusion::f1() const {
  const auto whole = 2 * true_positives + false_positives + false_negatives;
  return whole == 0 ? 0 : ratio(2 * true_positives, whole);
}

std::optional<double> Confusion::sensitivity() const {
  const auto whole = true_positives + false_negatives;
  return whole == 0 ? std::optional<double>() : ratio(true_positives, whole);
}

std::optional<double> Confusion::specificity() const {
  const auto whole = true_negatives + false_positives;
  return whole == 0 ? std::optional<double>() : ratio(true_negatives, whole);
}

std::optional<double> best_f1_threshold(const std::vector<double>& scores, const std::vector<std::uint8_t>& labels) {
  return best_threshold(scores, labels, [](const Confusion& counts) { return counts.f1(); });
}

std::optional<double> best_youden_threshold(const std::vector<double>& scores,
                                            const std::vector<std::uint8_t>& labels) {
  return best_threshold(scores, labels,
                        [](const Confusion& counts) { return *counts.sensitivity() + *counts.specificity() - 1; });
}

Confusion confusion_at(double threshold, const std::vector<double>& scores, const std::vector<std::uint8_t>& labels) {
  Confusion out;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const bool yes = scores[i] >= threshold;
    if (labels[i] != 0)
      ++(yes ? out.true_positives : out.false_negatives);
    else
      ++(yes ? out.false_positives : out.true_negatives);
  }
  return out;
}

ThresholdRule parse_threshold_rule(const std::string& name) {
  for (const auto rule : {ThresholdRule::f1, ThresholdRule::youden}) {
    if (name == threshold_rule_name(rule)) return rule;
  }
  throw Error(Code::usage, cat("unknown rule for thresholds '", name, "'")).wanted("f1 or youden");
}

const char* threshold_rule_name(ThresholdRule rule) { return rule == ThresholdRule::f1 ? "f1" : "youden"; }

ThresholdedTask apply_thresholds(const ScoreTable& chosen_on, const ScoreTable& judged, ThresholdRule rule) {
  if (chosen_on.classes != judged.classes) throw Error(Code::internal, "thresholds of other classes");
  ThresholdedTask out;
  out.rule = rule;
  double sum = 0, oracle_sum = 0;
  std::int64_t n = 0, oracles = 0;
  for (std::int64_t column = 0; column < judged.columns(); ++column) {
    auto& entry = out.classes.emplace_back();
    const auto scores = judged.column_scores(column);
    const auto labels = judged.column_labels(column);
    const auto choose = rule == ThresholdRule::f1 ? best_f1_threshold : best_youden_threshold;
    entry.threshold = choose(chosen_on.column_scores(column), chosen_on.column_labels(column));
    if (entry.threshold) entry.counts = confusion_at(*entry.threshold, scores, labels);
    if (const auto oracle = best_f1_threshold(scores, labels)) {
      entry.f1_oracle = confusion_at(*oracle, scores, labels).f1();
      oracle_sum += *entry.f1_oracle;
      ++oracles;
    }
    if (!entry.counts) continue;
    sum += entry.counts->f1();
    ++n;
  }
  if (n > 0) out.f1_macro = sum / static_cast<double>(n);
  if (oracles > 0) out.f1_oracle_macro = oracle_sum / static_cast<double>(oracles);
  return out;
}

std::optional<double> sample_fmax(const ScoreTable& table) {
  const auto columns = static_cast<std::size_t>(table.columns());
  std::vector<std::size_t> order(table.scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return table.scores[a] > table.scores[b]; });
  std::vector<std::int64_t> labelled(static_cast<std::size_t>(table.rows), 0), predicted = labelled, right = labelled;
  std::int64_t with_label = 0, with_prediction = 0;
  for (std::size_t row = 0; row < labelled.size(); ++row) {
    for (std::size_t column = 0; column < columns; ++column) labelled[row] += table.labels[row * columns + column];
    if (labelled[row] > 0) ++with_label;
  }
  if (with_label == 0) return std::nullopt;
  // Both sums change with one record at a time, so all thresholds cost one pass.
  double precision = 0, recall = 0, best = 0;
  const auto share = [&](std::size_t row) { return predicted[row] == 0 ? 0.0 : ratio(right[row], predicted[row]); };
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto row = order[i] / columns;
    precision -= share(row);
    if (predicted[row]++ == 0) ++with_prediction;
    if (table.labels[order[i]] != 0) {
      ++right[row];
      recall += 1.0 / static_cast<double>(labelled[row]);
    }
    precision += share(row);
    if (i + 1 < order.size() && table.scores[order[i + 1]] == table.scores[order[i]]) continue;
    const double p = precision / static_cast<double>(with_prediction), r = recall / static_cast<double>(with_label);
    if (p + r > 0) best = std::max(best, 2 * p * r / (p + r));
  }
  return best;
}

}  // namespace scar::evaluation
