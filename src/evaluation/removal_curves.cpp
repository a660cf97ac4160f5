#include "scar/evaluation/removal_curves.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "scar/core/hash.h"
#include "scar/core/random.h"

namespace scar::evaluation {
namespace {

constexpr std::size_t kPoints = kCurveShares.size();
using Order = std::vector<std::int32_t>;  // visible tokens
using Scores = std::array<double, kPoints>;

std::vector<Order> random_orders(const CurvePair& pair, const CurveOptions& options) {
  Order tokens;
  for (std::size_t token = 0; token < pair.visible.size(); ++token) {
    if (pair.visible[token] != 0) tokens.push_back(static_cast<std::int32_t>(token));
  }
  std::vector<Order> out;
  for (int number = 0; number < options.random_orders; ++number) {
    CounterRandom random(options.seed, "curve-order", xxh3(pair.id.data(), pair.id.size()),
                         static_cast<std::uint64_t>(number));
    auto& order = out.emplace_back(tokens);
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  }
  return out;
}

Order reversed(const Order& order) { return {order.rbegin(), order.rend()}; }

/// Largest first; equal ones as they stand in `ties`.
Order descending(const std::vector<double>& measure, Order ties) {
  std::stable_sort(ties.begin(), ties.end(), [&](std::int32_t a, std::int32_t b) {
    return measure[static_cast<std::size_t>(a)] > measure[static_cast<std::size_t>(b)];
  });
  return ties;
}

/// A curve is a mean over some orders in which tokens are dropped. Showing the first tokens of an order is dropping those
/// of its reverse.
struct Drops {
  std::vector<std::size_t> deletion, insertion;  // numbers in PairPlan::orders
};
struct PairPlan {
  std::vector<Order> orders;  // distinct
  Drops random;
  std::vector<Drops> measures;
};

PairPlan plan_of(const CurvePair& pair, const CurveOptions& options) {
  PairPlan plan;
  std::map<Order, std::size_t> known;
  const auto number_of = [&](Order order) {
    const auto [found, fresh] = known.emplace(order, plan.orders.size());
    if (fresh) plan.orders.push_back(std::move(order));
    return found->second;
  };
  const auto random = random_orders(pair, options);
  for (const auto& order : random) plan.random.deletion.push_back(number_of(order));
  plan.random.insertion = plan.random.deletion;
  for (const auto& measure : pair.measures) {
    auto& drops = plan.measures.emplace_back();
    for (const auto& order : random) {
      drops.deletion.push_back(number_of(descending(measure, order)));
      drops.insertion.push_back(number_of(reversed(descending(measure, reversed(order)))));
    }
  }
  return plan;
}

/// Tokens that are left when the share went; at least one stays.
std::vector<std::uint8_t> kept_after(const CurvePair& pair, const Order& order, double share) {
  const auto all = static_cast<double>(order.size());
  const auto gone = std::min(order.size() - 1, static_cast<std::size_t>(std::floor(share * all + .5)));
  auto kept = pair.visible;
  for (std::size_t i = 0; i < gone; ++i) kept[static_cast<std::size_t>(order[i])] = 0;
  return kept;
}

Scores mean_of_orders(const std::vector<std::size_t>& numbers, const std::vector<Scores>& scores) {
  Scores out{};
  for (const auto number : numbers) {
    for (std::size_t point = 0; point < kPoints; ++point)
      out[point] += scores[number][point] / static_cast<double>(numbers.size());
  }
  return out;
}

RemovalCurve curve_of(const Drops& drops, const std::vector<Scores>& scores) {
  return {mean_of_orders(drops.deletion, scores), mean_of_orders(drops.insertion, scores)};
}

/// Scores of every order of some pairs, [pairs][orders].
std::vector<std::vector<Scores>> ask(Scorer& scorer, std::span<const CurvePair> pairs,
                                     const std::vector<PairPlan>& plans) {
  std::vector<std::vector<std::uint8_t>> kept;
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    kept.push_back(pairs[p].visible);  // nothing removed: once for all orders
    for (const auto& order : plans[p].orders) {
      for (std::size_t point = 1; point < kPoints; ++point)
        kept.push_back(kept_after(pairs[p], order, kCurveShares[point]));
    }
  }
  std::vector<Query> queries;
  std::size_t next = 0;
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    const auto count = 1 + plans[p].orders.size() * (kPoints - 1);
    for (std::size_t i = 0; i < count; ++i, ++next)
      queries.push_back({pairs[p].target.record, pairs[p].target.label, nullptr, kept[next].data()});
  }
  const auto answers = scorer.score(queries);
  std::vector<std::vector<Scores>> out;
  auto answer = answers.begin();
  for (const auto& plan : plans) {
    const double whole = *answer++;
    auto& of_pair = out.emplace_back();
    for (std::size_t order = 0; order < plan.orders.size(); ++order) {
      auto& scores = of_pair.emplace_back();
      scores[0] = whole;
      for (std::size_t point = 1; point < kPoints; ++point) scores[point] = *answer++;
    }
  }
  return out;
}

/// Areas of all pairs, [curves][pairs]: first that of random order, then the measures'.
std::vector<std::vector<double>> areas_of(const std::vector<PairCurves>& curves, std::size_t measures, bool insertion) {
  const auto area = [&](const RemovalCurve& curve) { return curve_area(insertion ? curve.insertion : curve.deletion); };
  std::vector<std::vector<double>> out(1 + measures);
  for (const auto& pair : curves) {
    out[0].push_back(area(pair.random));
    for (std::size_t m = 0; m < measures; ++m) out[1 + m].push_back(area(pair.measures[m]));
  }
  return out;
}

/// `label` of each pair says whose mean it enters.
CurveFigures figures_of(const std::vector<std::vector<double>>& areas, const std::vector<std::size_t>& label,
                        std::size_t labels, const std::vector<std::string>& patients, const BootstrapOptions& options) {
  auto values = areas;
  for (std::size_t m = 1; m < areas.size(); ++m) {
    auto& difference = values.emplace_back(areas[m]);
    for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= areas[0][i];
  }
  const auto means = macro_means(values, label, labels, patients, options);
  CurveFigures out;
  out.random = means[0].value;
  for (std::size_t m = 1; m < areas.size(); ++m) {
    const auto& difference = means[areas.size() - 1 + m];
    out.measures.push_back({means[m].value, difference.value, difference.interval});
  }
  return out;
}

/// Mean over the labels of the mean over their pairs.
double macro_mean(const std::vector<double>& values, const std::vector<std::size_t>& label, std::size_t labels) {
  std::vector<double> sum(labels, 0.0), count(labels, 0.0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum[label[i]] += values[i];
    count[label[i]] += 1;
  }
  double mean = 0, defined = 0;
  for (std::size_t l = 0; l < labels; ++l) {
    if (count[l] == 0) continue;
    mean += sum[l] / count[l];
    ++defined;
  }
  return defined == 0 ? 0 : mean / defined;
}

template <class Choose>
RemovalCurve macro_curve(const std::vector<PairCurves>& curves, const std::vector<std::size_t>& label,
                         std::size_t labels, Choose choose) {
  RemovalCurve out;
  for (std::size_t point = 0; point < kPoints; ++point) {
    std::vector<double> deletion, insertion;
    for (const auto& pair : curves) {
      deletion.push_back(choose(pair).deletion[point]);
      insertion.push_back(choose(pair).insertion[point]);
    }
    out.deletion[point] = macro_mean(deletion, label, labels);
    out.insertion[point] = macro_mean(insertion, label, labels);
  }
  return out;
}

}  // namespace

double curve_area(const std::array<double, kCurveShares.size()>& scores) {
  double area = 0;
  for (std::size_t point = 1; point < kPoints; ++point)
    area += (kCurveShares[point] - kCurveShares[point - 1]) * (scores[point] + scores[point - 1]) / 2;
  return area / (kCurveShares.back() - kCurveShares.front());
}

std::vector<PairCurves> removal_curves(Scorer& scorer, const std::vector<CurvePair>& pairs, const CurveOptions& options,
                                       const Progress& progress) {
  std::vector<PairCurves> out;
  const auto all = static_cast<std::int64_t>(pairs.size());
  for (std::int64_t first = 0; first < all; first += options.pairs_at_once) {
    const auto count = std::min(options.pairs_at_once, all - first);
    const auto part = std::span(pairs).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    std::vector<PairPlan> plans;
    for (const auto& pair : part) plans.push_back(plan_of(pair, options));
    const auto scores = ask(scorer, part, plans);
    for (std::size_t p = 0; p < part.size(); ++p) {
      auto& curves = out.emplace_back();
      curves.random = curve_of(plans[p].random, scores[p]);
      for (const auto& drops : plans[p].measures) curves.measures.push_back(curve_of(drops, scores[p]));
    }
    if (progress) progress(first + count, all);
  }
  return out;
}

bool CurveStudy::beats_random(std::size_t measure, bool at_insertion) const {
  const auto& interval = (at_insertion ? insertion : deletion).measures[measure].interval;
  return interval && (at_insertion ? interval->low > 0 : interval->high < 0);
}

CurveStudy study_curves(const std::vector<std::string>& classes, const std::vector<std::string>& measures,
                        const std::vector<CurvePair>& pairs, const std::vector<PairCurves>& curves,
                        const CurveOptions& options) {
  CurveStudy out;
  out.measures = measures;
  std::vector<std::size_t> label;
  std::vector<std::string> patients;
  for (const auto& pair : pairs) {
    label.push_back(static_cast<std::size_t>(pair.target.label));
    patients.push_back(pair.patient);
  }
  const auto deletion = areas_of(curves, measures.size(), false), insertion = areas_of(curves, measures.size(), true);
  out.deletion = figures_of(deletion, label, classes.size(), patients, options.bootstrap);
  out.insertion = figures_of(insertion, label, classes.size(), patients, options.bootstrap);
  for (std::size_t c = 0; c < classes.size(); ++c) {
    ClassCurves entry;
    entry.name = classes[c];
    std::vector<std::vector<double>> own_deletion(deletion.size()), own_insertion(insertion.size());
    std::vector<std::string> own_patients;
    for (std::size_t i = 0; i < label.size(); ++i) {
      if (label[i] != c) continue;
      own_patients.push_back(patients[i]);
      for (std::size_t m = 0; m < deletion.size(); ++m) {
        own_deletion[m].push_back(deletion[m][i]);
        own_insertion[m].push_back(insertion[m][i]);
      }
    }
    entry.pairs = static_cast<std::int64_t>(own_patients.size());
    const std::vector<std::size_t> one_class(own_patients.size(), 0);
    entry.deletion = figures_of(own_deletion, one_class, 1, own_patients, options.bootstrap);
    entry.insertion = figures_of(own_insertion, one_class, 1, own_patients, options.bootstrap);
    out.classes.push_back(std::move(entry));
  }
  out.random_curve = macro_curve(curves, label, classes.size(),
                                 [](const PairCurves& pair) -> const RemovalCurve& { return pair.random; });
  for (std::size_t m = 0; m < measures.size(); ++m) {
    out.curves.push_back(macro_curve(curves, label, classes.size(),
                                     [m](const PairCurves& pair) -> const RemovalCurve& { return pair.measures[m]; }));
  }
  return out;
}

}  // namespace scar::evaluation
