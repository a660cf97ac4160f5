#include "scar/evaluation/results.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/file_transaction.h"
#include "scar/core/hash.h"
#include "scar/evaluation/figure_json.h"

namespace scar::evaluation {
namespace {

Json numbers(const std::vector<std::optional<double>>& values) {
  Json out = Json::array();
  for (const auto& value : values) out.push_back(number_json(value));
  return out;
}

}  // namespace

Json score_json(const TaskScore& score) {
  Json out;
  out["n"] = score.rows;
  out["macro_auroc"] = number_json(score.macro_auroc);
  out["n_defined"] = score.n_defined;
  out["n_total"] = score.n_total();
  out["macro_auroc_at_least_20_positives"] = number_json(score.macro_auroc_frequent);
  out["n_at_least_20_positives"] = score.n_frequent;
  out["weighted_auroc"] = number_json(score.weighted_auroc);
  out["micro_auroc"] = number_json(score.micro_auroc);
  out["macro_ap"] = number_json(score.macro_average_precision);
  auto& classes = out["classes"] = Json::array();
  for (const auto& entry : score.classes) {
    const auto all = entry.positives + entry.negatives;
    const auto prevalence =
        all == 0 ? std::optional<double>() : static_cast<double>(entry.positives) / static_cast<double>(all);
    classes.push_back({{"class", entry.name},
                       {"positives", entry.positives},
                       {"negatives", entry.negatives},
                       {"prevalence", number_json(prevalence)},
                       {"auroc", number_json(entry.auroc)},
                       {"ap", number_json(entry.average_precision)}});
  }
  return out;
}

void add_intervals(Json& score, const TaskIntervals& intervals) {
  score["macro_auroc_ci95"] = interval_json(intervals.macro_auroc);
  score["macro_ap_ci95"] = interval_json(intervals.macro_average_precision);
  for (std::size_t c = 0; c < intervals.auroc.size(); ++c) {
    score["classes"][c]["auroc_ci95"] = interval_json(intervals.auroc[c]);
    score["classes"][c]["ap_ci95"] = interval_json(intervals.average_precision[c]);
  }
}

Json subgroups_json(const std::vector<SubgroupScores>& subgroups) {
  Json out = Json::array();
  for (const auto& attribute : subgroups) {
    Json entry;
    entry["attribute"] = attribute.attribute;
    auto& groups = entry["groups"] = Json::array();
    for (const auto& group : attribute.groups) {
      groups.push_back({{"group", group.group},
                        {"records", group.records},
                        {"patients", group.patients},
                        {"classes", group.classes},
                        {"macro_auroc", number_json(group.macro_auroc)},
                        {"macro_auroc_ci95", interval_json(group.macro_auroc_ci95)},
                        {"rest_macro_auroc", number_json(group.rest_macro_auroc)},
                        {"gap", number_json(group.gap)},
                        {"gap_ci95", interval_json(group.gap_ci95)}});
    }
    out.push_back(std::move(entry));
  }
  return out;
}

std::string subgroups_table(const std::vector<SubgroupScores>& subgroups) {
  TextTable table(
      {"subgroup", "records", "classes", "macro AUROC", "95 % interval", "all others", "gap", "95 % interval"});
  std::string small;
  for (const auto& attribute : subgroups) {
    std::int64_t records = 0, groups = 0;
    for (const auto& group : attribute.groups) {
      if (group.records < kSmallestSubgroup) {
        records += group.records;
        ++groups;
        continue;
      }
      table.add({cat(attribute.attribute, " ", group.group), cat(group.records), cat(group.classes),
                 three_digits(group.macro_auroc), three_digits(group.macro_auroc_ci95),
                 three_digits(group.rest_macro_auroc), three_digits(group.gap), three_digits(group.gap_ci95)});
    }
    if (groups > 0)
      small += cat(attribute.attribute, ": ", groups, " groups of fewer than ", kSmallestSubgroup, " records, ",
                   records, " together\n");
  }
  return table.text() + small;
}

std::string class_table(const TaskScore& score, const TaskIntervals& intervals) {
  TextTable table({"class", "positives", "AUROC", "95 % interval", "AP", "95 % interval", "prevalence"});
  for (std::size_t c = 0; c < score.classes.size(); ++c) {
    const auto& entry = score.classes[c];
    const double all = static_cast<double>(entry.positives + entry.negatives);
    table.add({entry.name, cat(entry.positives), three_digits(entry.auroc), three_digits(intervals.auroc[c]),
               three_digits(entry.average_precision), three_digits(intervals.average_precision[c]),
               three_digits(all > 0 ? std::optional(static_cast<double>(entry.positives) / all) : std::nullopt)});
  }
  table.add({cat("mean of ", score.n_defined, "/", score.n_total()), "", three_digits(score.macro_auroc),
             three_digits(intervals.macro_auroc), three_digits(score.macro_average_precision),
             three_digits(intervals.macro_average_precision), ""});
  if (score.n_frequent > 0 && score.n_frequent < score.n_defined) {
    table.add({cat("mean of ", score.n_frequent, " with at least ", kFrequent, " positives"), "",
               three_digits(score.macro_auroc_frequent), "", "", "", ""});
  }
  return table.text();
}

Json excluded_json(const std::vector<ExcludedRecord>& excluded) {
  Json out = Json::array();
  for (const auto& record : excluded) out.push_back({{"record", record.id}, {"reason", record.reason}});
  return out;
}

Json condition_json(const std::string& name, const ZeroShotResult& result, const RecordMasks* masks) {
  Json out;
  out["condition"] = name;
  if (masks != nullptr) {
    out["mask_sha256"] = masks->hash;
    out["mask_seed"] = masks->seed;
    out["removed_units"] = masks->unit_share;
  }
  out["removed_visible_tokens"] = result.removed_share;
  out["n_scored"] = result.score.rows;
  out["excluded_under_mask"] = excluded_json(result.excluded);
  out["score"] = score_json(result.score);
  auto& families = out["recorder_families"] = Json::array();
  for (const auto& family : result.families) {
    families.push_back({{"family", family.family}, {"score", score_json(family.score)}});
  }
  return out;
}

Json critical_json(const CriticalStudy& study, const std::vector<double>& asked) {
  Json out;
  out["structure"] = structure_name(study.book.structure);
  out["masks"] = study.book.origin.kind;
  out["mask_sha256"] = study.book.hash();
  out["random_mask_sha256"] = study.random_book.hash();
  out["attacked_weights"] = study.book.origin.weights_hash;
  out["attacked_pairs"] = study.book.masks.size();
  out["stages"] = study.book.rates;
  auto& sample = out["sample"] = Json::array();
  for (std::size_t label = 0; label < study.sample.size(); ++label) {
    const auto& of_label = study.sample[label];
    sample.push_back({{"class", study.book.labels[label]},
                      {"positives", of_label.positives.size()},
                      {"of_positives", of_label.all_positives},
                      {"negatives", of_label.negatives.size()},
                      {"of_negatives", of_label.all_negatives}});
  }
  auto& rates = out["rates"] = Json::array();
  for (const auto& rate : study.rates) {
    if (!is_asked(asked, rate.rate)) continue;
    Json entry;
    entry["rate"] = rate.rate;
    entry["critical"] = score_json(rate.critical.score);
    entry["random"] = score_json(rate.random.score);
    entry["left_out"] = rate.critical.left_out;
    entry["random_left_out"] = rate.random.left_out;
    entry["score_drop_beyond_random"] = rate.gain;
    entry["score_drop_beyond_random_low"] = rate.gain_low;
    entry["attack_failed"] = rate.attack_failed();
    if (study.book.origin.kind == "own") {
      auto& winners = entry["winners"];
      for (int attack = 0; attack < kAttacks; ++attack) {
        winners[attack_name(static_cast<Attack>(attack))] = rate.winners[static_cast<std::size_t>(attack)];
      }
    }
    rates.push_back(std::move(entry));
  }
  return out;
}

Json cmrs_json(const CmrsStudy& study, const CmrsOptions& options) {
  Json out;
  out["version"] = 1;
  out["cmrs"] = number_json(study.critical.value);
  out["cmrs_random"] = number_json(study.random.value);
  out["gap"] = number_json(study.gap());
  out["rates"] = study.critical.rates;
  out["cmrs_by_rate"] = numbers(study.critical.by_rate);
  out["cmrs_random_by_rate"] = numbers(study.random.by_rate);
  out["rules"] = {{"resolved_from", options.resolved_from},
                  {"least_auroc_bound", options.least_auroc},
                  {"least_resolved", options.least_resolved},
                  {"most_resolved", options.most_resolved},
                  {"negatives", options.negatives},
                  {"auroc_bound", "DeLong, 95 %"},
                  {"seed", options.seed}};
  auto& classes = out["classes"] = Json::array();
  for (std::size_t label = 0; label < study.plan.size(); ++label) {
    const auto& plan = study.plan[label];
    Json entry;
    entry["class"] = plan.name;
    entry["positives"] = plan.positives;
    entry["resolved"] = plan.resolved;
    entry["coverage"] = number_json(plan.coverage());
    entry["clean_auroc"] = number_json(plan.auroc);
    entry["clean_auroc_low"] = number_json(plan.auroc_lower_bound);
    entry["left_out"] = plan.left_out.empty() ? Json(nullptr) : Json(plan.left_out);
    entry["measured"] = study.critical.classes[label].measured;
    entry["cmrs_by_rate"] = numbers(study.critical.classes[label].by_rate);
    entry["cmrs_random_by_rate"] = numbers(study.random.classes[label].by_rate);
    classes.push_back(std::move(entry));
  }
  return out;
}

std::string three_digits(const std::optional<double>& value) {
  if (!value) return "-";
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.3f", *value);
  return buffer;
}

std::string three_digits(const std::optional<Interval>& interval) {
  if (!interval) return "-";
  return cat(three_digits(std::optional(interval->low)), "..", three_digits(std::optional(interval->high)));
}

std::string TextTable::text() const {
  std::vector<std::size_t> width;
  for (const auto& row : rows_) {
    width.resize(std::max(width.size(), row.size()), 0);
    for (std::size_t column = 0; column < row.size(); ++column)
      width[column] = std::max(width[column], row[column].size());
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t column = 0; column < row.size(); ++column) {
      const std::string blank(width[column] - row[column].size(), ' ');
      line += column == 0 ? row[column] + blank : "  " + blank + row[column];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string score_table(const std::vector<NamedScore>& conditions) {
  std::vector<std::string> head = {"class", "positives"};
  for (const auto& condition : conditions) head.push_back(condition.name);
  TextTable table(std::move(head));
  const auto& first = conditions.front().score;
  for (std::size_t c = 0; c < first.classes.size(); ++c) {
    std::vector<std::string> row = {first.classes[c].name, cat(first.classes[c].positives)};
    for (const auto& condition : conditions) row.push_back(three_digits(condition.score.classes[c].auroc));
    table.add(std::move(row));
  }
  std::vector<std::string> macro = {"macro AUROC", ""}, defined = {"classes defined", ""}, precision = {"macro AP", ""};
  for (const auto& condition : conditions) {
    macro.push_back(three_digits(condition.score.macro_auroc));
    precision.push_back(three_digits(condition.score.macro_average_precision));
    defined.push_back(cat(condition.score.n_defined, "/", condition.score.n_total()));
  }
  table.add(std::move(macro));
  if (std::any_of(conditions.begin(), conditions.end(), [](const NamedScore& each) { return each.ci95.has_value(); })) {
    std::vector<std::string> interval = {"  95 % interval", ""};
    for (const auto& condition : conditions) interval.push_back(three_digits(condition.ci95));
    table.add(std::move(interval));
  }
  table.add(std::move(precision));
  table.add(std::move(defined));
  return table.text();
}

std::filesystem::path write_result(const std::filesystem::path& folder, const std::string& stem, const Json& identity,
                                   bool on_test_split, Json& document) {
  std::filesystem::create_directories(folder);
  const auto name = cat(stem, "-", sha256_hex(identity.dump()).substr(0, 8), ".json");
  if (on_test_split) {
    std::int64_t others = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const auto other = entry.path().filename().string();
      const bool same_stem = other.size() == name.size() && other.starts_with(stem + "-") && other.ends_with(".json");
      if (same_stem && other != name) ++others;
    }
    document["test_peeks"] = others;
  }
  const auto path = folder / name;
  write_file_atomically(path, document.dump(2) + "\n");
  return path;
}

}  // namespace scar::evaluation
