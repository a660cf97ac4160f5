#include "scar/evaluation/sweep_figures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/evaluation/figure_json.h"
#include "scar/evaluation/patient_draws.h"
#include "scar/evaluation/results.h"

namespace scar::evaluation {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

std::string mode_of(const std::string& rule) { return rule.substr(0, rule.find(':')); }

/// AUROC of every cell and class under any count of the patients, and all figures that follow from them.
class Study {
 public:
  Study(const std::vector<SweptCell>& cells, std::size_t classes, const std::vector<std::uint8_t>& labels,
        const Patients& patients)
      : classes_(classes) {
    for (const auto& cell : cells) {
      std::vector<std::uint32_t> of_rows;
      for (const auto row : cell.scores.rows) of_rows.push_back(patients.of_record[static_cast<std::size_t>(row)]);
      auto& statistics = aurocs_.emplace_back();
      for (std::size_t column = 0; column < classes; ++column) {
        std::vector<double> values;
        std::vector<std::uint8_t> column_labels;
        for (std::size_t i = 0; i < of_rows.size(); ++i) {
          values.push_back(cell.scores.scores[i * classes + column]);
          column_labels.push_back(labels[static_cast<std::size_t>(cell.scores.rows[i]) * classes + column]);
        }
        statistics.emplace_back(values, column_labels, of_rows);
      }
    }
  }

  /// [lanes][cells][classes] of the first `lanes` counts; NaN: not defined in some cell.
  [[nodiscard]] std::vector<std::vector<std::vector<double>>> aurocs(const TimesBlock& times, std::size_t lanes) const {
    std::vector<std::vector<std::vector<double>>> out(
        lanes, std::vector<std::vector<double>>(aurocs_.size(), std::vector<double>(classes_, kUndefined)));
    for (std::size_t column = 0; column < classes_; ++column) {
      std::array<bool, kLanes> defined;
      defined.fill(true);
      for (std::size_t cell = 0; cell < aurocs_.size(); ++cell) {
        const auto values = aurocs_[cell][column].under(times);
        for (std::size_t lane = 0; lane < lanes; ++lane) {
          out[lane][cell][column] = values[lane];
          defined[lane] = defined[lane] && !std::isnan(values[lane]);
        }
      }
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        if (defined[lane]) continue;
        for (auto& cell : out[lane]) cell[column] = kUndefined;
      }
    }
    return out;
  }

 private:
  std::size_t classes_;
  std::vector<std::vector<WeightedAuroc>> aurocs_;  // [cells][classes]
};

double mean_of_defined(const std::vector<double>& values) {
  double sum = 0;
  std::int64_t n = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    ++n;
  }
  return n == 0 ? kUndefined : sum / static_cast<double>(n);
}

double retention_of(const std::vector<double>& masked, const std::vector<double>& clean) {
  std::vector<double> kept;
  for (std::size_t column = 0; column < clean.size(); ++column) {
    if (clean[column] > kLeastRetainable) kept.push_back((masked[column] - .5) / (clean[column] - .5));
  }
  return mean_of_defined(kept);
}

/// macro AUROC of each rule, retention of each rule, AURC of each curve: in this order, for one count of the patients.
std::vector<double> figures_of(const std::vector<std::vector<double>>& aurocs, const SweepFigures& plan) {
  std::vector<double> macro, retention;
  for (const auto& rule : plan.rules) {
    std::vector<double> macros, retentions;
    for (const auto cell : rule.cells) {
      macros.push_back(mean_of_defined(aurocs[cell]));
      retentions.push_back(retention_of(aurocs[cell], aurocs.front()));
    }
    macro.push_back(mean_of_defined(macros));
    retention.push_back(mean_of_defined(retentions));
  }
  auto out = macro;
  out.insert(out.end(), retention.begin(), retention.end());
  for (const auto& curve : plan.curves) {
    double area = 0, rate = 0, value = macro.front();
    for (const auto rule : curve.rules) {
      const double next = plan.rules[rule].spec.rate;
      area += (next - rate) * (value + macro[rule]) / 2;
      rate = next;
      value = macro[rule];
    }
    out.push_back(area / rate);
  }
  return out;
}

SweepFigures plan_figures(const std::vector<SweptCell>& cells) {
  SweepFigures out;
  std::map<std::string, std::size_t> known;
  for (std::size_t cell = 0; cell < cells.size(); ++cell) {
    const auto& rule = cells[cell].scores.condition;
    const auto [place, fresh] = known.emplace(rule, out.rules.size());
    if (fresh) {
      auto& added = out.rules.emplace_back();
      added.rule = rule;
      added.spec = cells[cell].spec;
    }
    out.rules[place->second].cells.push_back(cell);
  }
  for (std::size_t rule = 1; rule < out.rules.size(); ++rule) {
    const auto& spec = out.rules[rule].spec;
    if (!spec.drawn() || spec.mode == data::MaskMode::clinical) continue;
    const auto mode = mode_of(out.rules[rule].rule);
    auto curve =
        std::find_if(out.curves.begin(), out.curves.end(), [&](const auto& each) { return each.mode == mode; });
    if (curve == out.curves.end()) curve = out.curves.insert(curve, {mode, {}, {}});
    curve->rules.push_back(rule);
  }
  for (auto& curve : out.curves) {
    std::sort(curve.rules.begin(), curve.rules.end(),
              [&](auto a, auto b) { return out.rules[a].spec.rate < out.rules[b].spec.rate; });
  }
  return out;
}

void find_worst(SweepFigures& figures) {
  const auto lower = [&](std::optional<std::size_t>& worst, std::size_t rule) {
    const auto& value = figures.rules[rule].macro_auroc.value;
    if (!value || (worst && !(*value < *figures.rules[*worst].macro_auroc.value))) return;
    worst = rule;
  };
  for (std::size_t rule = 1; rule < figures.rules.size(); ++rule) {
    const auto& spec = figures.rules[rule].spec;
    if (spec.mode == data::MaskMode::clinical) lower(figures.worst_set, rule);
    if (spec.mode != data::MaskMode::without) continue;
    const auto pluses = std::count(spec.set.begin(), spec.set.end(), '+');
    if (pluses == 0) lower(figures.worst_lead, rule);
    if (pluses == 1) lower(figures.worst_pair, rule);
  }
}

Json figured_json(const Figured& figure) {
  return {{"value", number_json(figure.value)}, {"ci95", interval_json(figure.ci95)}};
}

Json place_json(const SweepFigures& figures, const std::optional<std::size_t>& place) {
  return place ? Json(figures.rules[*place].rule) : Json(nullptr);
}

}  // namespace

SweepFigures study_sweep(const std::vector<SweptCell>& cells, const std::vector<std::string>& classes,
                         const std::vector<std::uint8_t>& labels, const std::vector<std::string>& patients,
                         const BootstrapOptions& options) {
  const auto numbered = number_patients(patients);
  const Study study(cells, classes.size(), labels, numbered);
  auto out = plan_figures(cells);
  const auto once = TimesBlock::once(numbered.count);
  const auto aurocs = study.aurocs(once, 1).front();
  const auto values = figures_of(aurocs, out);
  for (std::size_t column = 0; column < classes.size(); ++column) {
    const double clean = aurocs.front()[column];
    if (std::isnan(clean)) out.undefined.push_back(classes[column]);
    if (clean <= kLeastRetainable) out.not_retained.push_back(classes[column]);
  }
  if (out.undefined.size() == classes.size())
    throw Error(Code::undefined_score, "no class has positives and negatives under every mask of the sweep");

  const PatientDraws draws(numbered.count, options);
  std::vector<std::vector<double>> of_draws(values.size(),
                                            std::vector<double>(static_cast<std::size_t>(draws.count())));
  draws.for_each_block([&](std::int64_t first, std::int64_t lanes, const TimesBlock& block) {
    const auto drawn = study.aurocs(block, static_cast<std::size_t>(lanes));
    for (std::size_t lane = 0; lane < drawn.size(); ++lane) {
      const auto figures = figures_of(drawn[lane], out);
      for (std::size_t place = 0; place < figures.size(); ++place)
        of_draws[place][static_cast<std::size_t>(first) + lane] = figures[place];
    }
  });
  const auto figured = [&](std::size_t place) {
    Figured figure;
    if (std::isnan(values[place])) return figure;
    figure.value = values[place];
    figure.ci95 = draws.interval(values[place], of_draws[place]);
    return figure;
  };
  const auto rules = out.rules.size();
  for (std::size_t rule = 0; rule < rules; ++rule) {
    auto& entry = out.rules[rule];
    entry.macro_auroc = figured(rule);
    entry.retention = figured(rules + rule);
    for (const auto cell : entry.cells) entry.by_seed.emplace_back(mean_of_defined(aurocs[cell]));
    for (std::size_t column = 0; column < classes.size(); ++column) {
      std::vector<double> over_seeds;
      for (const auto cell : entry.cells) over_seeds.push_back(aurocs[cell][column]);
      const double mean = mean_of_defined(over_seeds);
      entry.by_class.push_back(std::isnan(mean) ? std::optional<double>() : mean);
    }
  }
  for (std::size_t curve = 0; curve < out.curves.size(); ++curve) out.curves[curve].aurc = figured(2 * rules + curve);
  find_worst(out);
  return out;
}

Json sweep_json(const SweepFigures& figures, const std::vector<std::string>& classes, const BootstrapOptions& options) {
  Json out;
  out["classes"] = classes;
  out["undefined_classes"] = figures.undefined;
  out["classes_without_retention"] = figures.not_retained;
  out["bootstrap"] = bootstrap_json(options);
  auto& rules = out["rules"] = Json::array();
  for (const auto& rule : figures.rules) {
    Json entry;
    entry["rule"] = rule.rule;
    entry["macro_auroc"] = figured_json(rule.macro_auroc);
    entry["retention"] = figured_json(rule.retention);
    auto& seeds = entry["macro_auroc_by_seed"] = Json::array();
    for (const auto& value : rule.by_seed) seeds.push_back(number_json(value));
    auto& by_class = entry["auroc_by_class"] = Json::array();
    for (const auto& value : rule.by_class) by_class.push_back(number_json(value));
    rules.push_back(std::move(entry));
  }
  auto& curves = out["curves"] = Json::array();
  for (const auto& curve : figures.curves) {
    Json entry;
    entry["mode"] = curve.mode;
    auto& rates = entry["rates"] = Json::array({0.0});
    for (const auto rule : curve.rules) rates.push_back(figures.rules[rule].spec.rate);
    entry["aurc"] = figured_json(curve.aurc);
    curves.push_back(std::move(entry));
  }
  out["worst"] = {{"clinical_set", place_json(figures, figures.worst_set)},
                  {"lead", place_json(figures, figures.worst_lead)},
                  {"pair", place_json(figures, figures.worst_pair)}};
  return out;
}

std::string sweep_table(const SweepFigures& figures) {
  TextTable rules({"masks", "macro AUROC", "95 % interval", "retention", "95 % interval"});
  const auto add = [&](const std::string& name, const SweptRule& rule) {
    rules.add({name, three_digits(rule.macro_auroc.value), three_digits(rule.macro_auroc.ci95),
               three_digits(rule.retention.value), three_digits(rule.retention.ci95)});
  };
  for (const auto& rule : figures.rules) {
    if (rule.spec.mode != data::MaskMode::without) add(rule.rule, rule);  // 78 lines of these help nobody
  }
  for (const auto& [name, place] : {std::pair{"worst lead to lose: ", figures.worst_lead},
                                    std::pair{"worst two leads to lose: ", figures.worst_pair}}) {
    if (place) add(cat(name, figures.rules[*place].spec.set), figures.rules[*place]);
  }
  std::string out = rules.text();
  if (!figures.curves.empty()) {
    TextTable curves({"area under the curve (AURC)", "rates up to", "value", "95 % interval"});
    for (const auto& curve : figures.curves) {
      curves.add({curve.mode, cat(figures.rules[curve.rules.back()].spec.rate), three_digits(curve.aurc.value),
                  three_digits(curve.aurc.ci95)});
    }
    out += "\n" + curves.text();
  }
  const auto list = [&](const char* what, const std::vector<std::string>& names) {
    if (names.empty()) return;
    out += what;
    for (const auto& name : names) out += " " + name;
    out += "\n";
  };
  list("classes without positives or negatives in some cell:", figures.undefined);
  list("classes that have nothing to retain (clean AUROC at most .55):", figures.not_retained);
  if (figures.worst_set) out += cat("worst named set: ", figures.rules[*figures.worst_set].rule, "\n");
  return out;
}

}  // namespace scar::evaluation
