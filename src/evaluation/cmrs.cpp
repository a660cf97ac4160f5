#include "scar/evaluation/cmrs.h"

#include <algorithm>
#include <cmath>

#include "scar/core/cat.h"
#include "scar/core/random.h"

namespace scar::evaluation {
namespace {

std::string three_digits(double value) { return cat(std::round(value * 1000) / 1000); }

}  // namespace

double share_below(double score, std::span<const double> sorted) {
  const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), score);
  const auto twice = (low - sorted.begin()) + (high - sorted.begin());
  return static_cast<double>(twice) / (2.0 * static_cast<double>(sorted.size()));
}

std::optional<double> resolution_score(std::span<const Resolution> positives) {
  if (positives.empty()) return std::nullopt;
  double masked = 0, clean = 0;
  for (const auto& positive : positives) {
    masked += positive.masked - .5;
    clean += positive.clean - .5;
  }
  return masked / clean;
}

std::optional<double> CmrsClassPlan::coverage() const {
  if (positives == 0) return std::nullopt;
  return static_cast<double>(resolved) / static_cast<double>(positives);
}

std::vector<CmrsClassPlan> plan_cmrs(const ScoreTable& clean, const std::vector<std::string>& ids,
                                     const CmrsOptions& options) {
  std::vector<CmrsClassPlan> out;
  for (std::int64_t column = 0; column < clean.columns(); ++column) {
    CmrsClassPlan plan;
    plan.name = clean.classes[static_cast<std::size_t>(column)];
    const auto scores = clean.column_scores(column);
    const auto labels = clean.column_labels(column);
    plan.auroc = auroc(scores, labels);
    plan.auroc_lower_bound = auroc_lower_bound(scores, labels);
    std::vector<double> below;
    std::vector<std::int64_t> resolved;
    for (std::size_t row = 0; row < labels.size(); ++row) {
      if (labels[row] == 0) {
        plan.negatives.push_back(static_cast<std::int64_t>(row));
        below.push_back(scores[row]);
      } else {
        ++plan.positives;
      }
    }
    std::sort(below.begin(), below.end());
    std::vector<double> share(labels.size(), 0.0);
    for (std::size_t row = 0; row < labels.size(); ++row) {
      if (labels[row] == 0 || below.empty()) continue;
      share[row] = share_below(scores[row], below);
      if (share[row] >= options.resolved_from) resolved.push_back(static_cast<std::int64_t>(row));
    }
    plan.resolved = static_cast<std::int64_t>(resolved.size());

    if (!plan.auroc_lower_bound) {
      plan.left_out = cat(plan.positives, " positives and ", below.size(), " negatives: the AUROC has no bound");
    } else if (*plan.auroc_lower_bound < options.least_auroc) {
      plan.left_out = cat("lower bound of the clean AUROC is ", three_digits(*plan.auroc_lower_bound), ", below ",
                          options.least_auroc);
    } else if (plan.resolved < options.least_resolved) {
      plan.left_out = cat(plan.resolved, " clean-resolved positives, fewer than ", options.least_resolved);
    } else if (static_cast<std::int64_t>(below.size()) < options.negatives) {
      plan.left_out = cat(below.size(), " negatives, fewer than ", options.negatives);
    } else {
      plan.used = hash_order(std::move(resolved), ids, options.seed, "clean-resolved positives", plan.name);
      if (static_cast<std::int64_t>(plan.used.size()) > options.most_resolved) {
        plan.used.resize(static_cast<std::size_t>(options.most_resolved));
      }
      for (const auto row : plan.used) plan.clean.push_back(share[static_cast<std::size_t>(row)]);
    }
    out.push_back(std::move(plan));
  }
  return out;
}

std::vector<Target> targets_of(const std::vector<CmrsClassPlan>& plan) {
  std::vector<Target> out;
  for (std::size_t label = 0; label < plan.size(); ++label) {
    for (const auto row : plan[label].used) out.push_back({row, static_cast<std::int64_t>(label)});
  }
  return out;
}

Cmrs measure_cmrs(Scorer& scorer, const std::vector<CmrsClassPlan>& plan, const MaskBook& book,
                  const std::vector<std::string>& ids, const CmrsOptions& options) {
  Cmrs out;
  out.rates = options.rates;
  out.classes.resize(plan.size());
  for (const auto rate : options.rates) {
    const auto stage = book.rate_index(rate);
    double sum = 0;
    std::int64_t entered = 0;
    for (std::size_t label = 0; label < plan.size(); ++label) {
      const auto& of_class = plan[label];
      const auto column = static_cast<std::int64_t>(label);
      std::vector<Query> queries;       // for each positive: itself, then its negatives
      std::vector<std::size_t> places;  // of the measured positives in `used`
      for (std::size_t i = 0; i < of_class.used.size(); ++i) {
        const auto row = of_class.used[i];
        const auto* masks = book.find({row, column});
        if (masks == nullptr) continue;
        const auto& mask = (*masks)[stage];
        // Other negatives for each positive, the same ones at every rate and for every kind of mask (as far as the mask
        // leaves something of them).
        const Permutation order(
            choice_hash(options.seed, "negatives under the mask", of_class.name, ids[static_cast<std::size_t>(row)]),
            of_class.negatives.size());
        std::vector<Query> matched = {{row, column, &mask}};
        for (std::size_t n = 0; n < of_class.negatives.size(); ++n) {
          if (static_cast<std::int64_t>(matched.size()) > options.negatives) break;
          const auto negative = of_class.negatives[static_cast<std::size_t>(order(n))];
          if (scorer.visible_under(negative, mask)) matched.push_back({negative, column, &mask});
        }
        if (static_cast<std::int64_t>(matched.size()) <= options.negatives || !scorer.visible_under(row, mask))
          continue;
        queries.insert(queries.end(), matched.begin(), matched.end());
        places.push_back(i);
      }
      const auto scores = scorer.score(queries);
      std::vector<Resolution> resolutions;
      auto& masked = out.classes[label].masked.emplace_back(of_class.used.size());
      const auto width = static_cast<std::size_t>(options.negatives) + 1;
      for (std::size_t i = 0; i < places.size(); ++i) {
        const auto first = scores.begin() + static_cast<std::ptrdiff_t>(i * width);
        std::vector<double> below(first + 1, first + static_cast<std::ptrdiff_t>(width));
        std::sort(below.begin(), below.end());
        masked[places[i]] = share_below(*first, below);
        resolutions.push_back({of_class.clean[places[i]], *masked[places[i]]});
      }
      const auto score = resolution_score(resolutions);
      out.classes[label].by_rate.push_back(score);
      out.classes[label].measured.push_back(static_cast<std::int64_t>(resolutions.size()));
      if (score) {
        sum += *score;
        ++entered;
      }
    }
    out.by_rate.push_back(entered > 0 ? std::optional<double>(sum / static_cast<double>(entered)) : std::nullopt);
  }
  double sum = 0;
  for (const auto& value : out.by_rate) {
    if (!value) return out;  // a mean over other rates would be another figure
    sum += *value;
  }
  if (!out.by_rate.empty()) out.value = sum / static_cast<double>(out.by_rate.size());
  return out;
}

}  // namespace scar::evaluation
