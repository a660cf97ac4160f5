#include "scar/evaluation/scores.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::evaluation {
namespace {

void check(std::span<const double> scores, std::span<const std::uint8_t> labels) {
  if (scores.size() != labels.size()) {
    throw Error(Code::internal, "scores and labels differ in number")
        .got(cat(scores.size(), " scores, ", labels.size(), " labels"));
  }
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (std::isnan(scores[i])) {
      throw Error(Code::undefined_score, "a score is not a number")
          .at(cat("row ", i))
          .hint("the weights or the signal hold values that are not finite");
    }
    if (labels[i] > 1) throw Error(Code::internal, "a label is neither 0 nor 1").at(cat("row ", i));
  }
}

std::vector<std::size_t> ascending(std::span<const double> scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
  return order;
}

/// Calls visit(first, last) for each run of equal scores in `order`, lowest first.
template <class Visit>
void for_each_tie(std::span<const double> scores, const std::vector<std::size_t>& order, Visit visit) {
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first + 1;
    while (last < order.size() && scores[order[last]] == scores[order[first]]) ++last;
    visit(first, last);
    first = last;
  }
}

/// Share of `others` below each of `values`, ties one half: the placement values of DeLong's estimator.
std::vector<double> placements(const std::vector<double>& values, std::vector<double> others) {
  std::sort(others.begin(), others.end());
  std::vector<double> out;
  out.reserve(values.size());
  for (const double value : values) {
    const auto [low, high] = std::equal_range(others.begin(), others.end(), value);
    const auto twice = (low - others.begin()) + (high - others.begin());
    out.push_back(static_cast<double>(twice) / (2.0 * static_cast<double>(others.size())));
  }
  return out;
}

double sample_variance(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return sum / (n - 1.0);
}

}  // namespace

std::optional<double> auroc(std::span<const double> scores, std::span<const std::uint8_t> labels) {
  check(scores, labels);
  const auto order = ascending(scores);
  // Counted in halves of a pair, so that ties stay whole numbers and the only rounding is the last division.
  std::uint64_t half_pairs = 0, negatives = 0, positives = 0;
  for_each_tie(scores, order, [&](std::size_t first, std::size_t last) {
    std::uint64_t tied_positives = 0;
    for (std::size_t i = first; i < last; ++i) tied_positives += labels[order[i]];
    const std::uint64_t tied_negatives = (last - first) - tied_positives;
    half_pairs += tied_positives * (2 * negatives + tied_negatives);
    negatives += tied_negatives;
    positives += tied_positives;
  });
  if (positives == 0 || negatives == 0) return std::nullopt;
  return static_cast<double>(half_pairs) / (2.0 * static_cast<double>(positives) * static_cast<double>(negatives));
}

std::optional<double> average_precision(std::span<const double> scores, std::span<const std::uint8_t> labels) {
  check(scores, labels);
  std::uint64_t positives = 0;
  for (const auto label : labels) positives += label;
  if (positives == 0) return std::nullopt;

  struct Threshold {
    std::uint64_t positives, rows;
  };
  std::vector<Threshold> steps;
  const auto order = ascending(scores);
  for_each_tie(scores, order, [&](std::size_t first, std::size_t last) {
    std::uint64_t tied = 0;
    for (std::size_t i = first; i < last; ++i) tied += labels[order[i]];
    steps.push_back({tied, last - first});
  });
  std::uint64_t above_positives = 0, above_rows = 0;
  double sum = 0;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    above_positives += step->positives;
    above_rows += step->rows;
    sum +=
        static_cast<double>(step->positives) * (static_cast<double>(above_positives) / static_cast<double>(above_rows));
  }
  return sum / static_cast<double>(positives);
}

std::optional<double> auroc_lower_bound(std::span<const double> scores, std::span<const std::uint8_t> labels) {
  check(scores, labels);
  std::vector<double> positive, negative;
  for (std::size_t i = 0; i < scores.size(); ++i) (labels[i] != 0 ? positive : negative).push_back(scores[i]);
  if (positive.size() < 2 || negative.size() < 2) return std::nullopt;
  const auto of_positives = placements(positive, negative);
  const auto of_negatives = placements(negative, positive);  // 1 - this is the usual one; the variance is the same
  const auto area = auroc(scores, labels);
  const double variance = sample_variance(of_positives) / static_cast<double>(positive.size()) +
                          sample_variance(of_negatives) / static_cast<double>(negative.size());
  return *area - 1.959963984540054 * std::sqrt(variance);
}

std::vector<double> ScoreTable::column_scores(std::int64_t column) const {
  std::vector<double> out(static_cast<std::size_t>(rows));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = scores[i * classes.size() + static_cast<std::size_t>(column)];
  return out;
}

std::vector<std::uint8_t> ScoreTable::column_labels(std::int64_t column) const {
  std::vector<std::uint8_t> out(static_cast<std::size_t>(rows));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = labels[i * classes.size() + static_cast<std::size_t>(column)];
  return out;
}

ScoreTable ScoreTable::subset(std::span<const std::int64_t> rows_kept) const {
  ScoreTable out;
  out.classes = classes;
  out.rows = static_cast<std::int64_t>(rows_kept.size());
  const auto width = static_cast<std::ptrdiff_t>(classes.size());
  for (const auto row : rows_kept) {
    out.scores.insert(out.scores.end(), scores.begin() + row * width, scores.begin() + (row + 1) * width);
    out.labels.insert(out.labels.end(), labels.begin() + row * width, labels.begin() + (row + 1) * width);
  }
  return out;
}

void summarise(TaskScore& score) {
  double sum = 0, frequent = 0, weighted = 0, weight = 0, precision = 0;
  std::int64_t with_precision = 0;
  score.n_defined = score.n_frequent = 0;
  for (const auto& entry : score.classes) {
    if (entry.auroc) {
      ++score.n_defined;
      sum += *entry.auroc;
      if (entry.positives >= kFrequent) {
        ++score.n_frequent;
        frequent += *entry.auroc;
      }
      weighted += *entry.auroc * static_cast<double>(entry.positives);
      weight += static_cast<double>(entry.positives);
    }
    if (entry.average_precision) {
      ++with_precision;
      precision += *entry.average_precision;
    }
  }
  score.macro_auroc = score.macro_auroc_frequent = score.weighted_auroc = score.macro_average_precision = std::nullopt;
  if (score.n_frequent > 0) score.macro_auroc_frequent = frequent / static_cast<double>(score.n_frequent);
  if (score.n_defined > 0) {
    score.macro_auroc = sum / static_cast<double>(score.n_defined);
    score.weighted_auroc = weighted / weight;
  }
  if (with_precision > 0) score.macro_average_precision = precision / static_cast<double>(with_precision);
}

TaskScore score_task(const ScoreTable& table) {
  TaskScore out;
  out.rows = table.rows;
  for (std::int64_t column = 0; column < table.columns(); ++column) {
    const auto scores = table.column_scores(column);
    const auto labels = table.column_labels(column);
    ClassScore entry;
    entry.name = table.classes[static_cast<std::size_t>(column)];
    for (const auto label : labels) entry.positives += label;
    entry.negatives = table.rows - entry.positives;
    entry.auroc = auroc(scores, labels);
    entry.average_precision = average_precision(scores, labels);
    out.classes.push_back(std::move(entry));
  }
  summarise(out);
  out.micro_auroc = auroc(table.scores, table.labels);
  return out;
}

void require_defined(const TaskScore& score, const std::string& what) {
  if (score.n_defined > 0) return;
  std::string classes;
  for (const auto& entry : score.classes) {
    classes += cat(classes.empty() ? "" : ", ", entry.name, " (", entry.positives, " of ", score.rows, " positive)");
  }
  throw Error(Code::undefined_score, cat("no class of ", what, " has both positives and negatives"))
      .got(classes)
      .hint("score more records, or a split that holds the classes");
}

}  // namespace scar::evaluation
