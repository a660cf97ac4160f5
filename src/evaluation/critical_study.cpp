#include "scar/evaluation/critical_study.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace scar::evaluation {
namespace {

/// Lower end of a 95 % interval of a mean (normal approximation).
void fill_gain(CriticalRate& rate) {
  std::vector<double> differences;
  for (std::size_t label = 0; label < rate.critical.positive_scores.size(); ++label) {
    const auto& critical = rate.critical.positive_scores[label];
    const auto& random = rate.random.positive_scores[label];
    for (std::size_t i = 0; i < critical.size(); ++i) {
      if (critical[i] && random[i]) differences.push_back(*random[i] - *critical[i]);
    }
  }
  const auto n = static_cast<double>(differences.size());
  if (n < 2) return;
  double mean = 0, square = 0;
  for (const double difference : differences) mean += difference / n;
  for (const double difference : differences) square += (difference - mean) * (difference - mean);
  rate.gain = mean;
  rate.gain_low = mean - 1.959963984540054 * std::sqrt(square / (n - 1) / n);
}

}  // namespace

std::optional<double> CmrsStudy::gap() const {
  if (!critical.value || !random.value) return std::nullopt;
  return *random.value - *critical.value;
}

std::vector<double> attack_rates(std::vector<double> asked) {
  const double highest = asked.empty() ? 0 : *std::max_element(asked.begin(), asked.end());
  for (const double rate : {.25, .5, .75}) {
    if (rate < highest) asked.push_back(rate);
  }
  std::sort(asked.begin(), asked.end());
  asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
  return asked;
}

bool is_asked(const std::vector<double>& asked, double rate) {
  return asked.empty() ||
         std::any_of(asked.begin(), asked.end(), [&](double wanted) { return std::abs(wanted - rate) < 1e-9; });
}

std::vector<Target> study_targets(const ScoreTable& clean, const std::vector<std::string>& ids,
                                  const CriticalStudyOptions& options) {
  const auto sampled = targets_of(choose_sample(clean, ids, options.sample));
  std::set<Target> targets(sampled.begin(), sampled.end());
  if (options.cmrs) {
    const auto planned = targets_of(plan_cmrs(clean, ids, options.cmrs_options));
    targets.insert(planned.begin(), planned.end());
  }
  return {targets.begin(), targets.end()};
}

CriticalStudy study_critical(Scorer& scorer, const ScoreTable& clean, const std::vector<std::string>& ids,
                             const CriticalStudyOptions& options, const MaskBook* transferred,
                             const Progress& progress) {
  CriticalStudy out;
  out.sample = choose_sample(clean, ids, options.sample);
  if (options.cmrs) {
    out.cmrs.emplace();
    out.cmrs->plan = plan_cmrs(clean, ids, options.cmrs_options);
  }
  const auto all = study_targets(clean, ids, options);

  auto attack_options = options.attack;
  std::vector<AttackResult> attacked;
  if (transferred != nullptr) {
    out.book = *transferred;
    attack_options.rates = transferred->rates;
    attack_options.structure = transferred->structure;
  } else {
    attacked = attack(scorer, all, ids, clean.classes, attack_options, progress);
    out.book = make_book(attacked, ids, clean.classes, attack_options);
  }
  out.random_book = random_book(scorer, all, ids, clean.classes, attack_options);

  for (std::size_t stage = 0; stage < out.book.rates.size(); ++stage) {
    CriticalRate rate;
    rate.rate = out.book.rates[stage];
    rate.critical = matched_auroc(scorer, out.sample, out.book, stage, options.sample.seed);
    rate.random = matched_auroc(scorer, out.sample, out.random_book, stage, options.sample.seed);
    fill_gain(rate);
    for (const auto& result : attacked) ++rate.winners[static_cast<std::size_t>(result.stages[stage].winner)];
    out.rates.push_back(std::move(rate));
  }
  if (out.cmrs) {
    out.cmrs->critical = measure_cmrs(scorer, out.cmrs->plan, out.book, ids, options.cmrs_options);
    out.cmrs->random = measure_cmrs(scorer, out.cmrs->plan, out.random_book, ids, options.cmrs_options);
  }
  return out;
}

}  // namespace scar::evaluation
