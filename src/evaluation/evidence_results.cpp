#include "scar/evaluation/evidence_results.h"

#include <algorithm>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/evaluation/figure_json.h"
#include "scar/evaluation/results.h"
#include "scores_document.h"

namespace scar::evaluation {
namespace {

std::string two_digits(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.2f", value);
  return buffer;
}

/// "primary removed" -> "primary_removed"
std::string key_of(EvidenceCondition condition) {
  std::string key = condition_name(condition);
  std::replace(key.begin(), key.end(), ' ', '_');
  return key;
}

Json by_condition(const std::array<std::optional<double>, kEvidenceConditions>& values) {
  Json out;
  for (std::size_t c = 0; c < kEvidenceConditions; ++c)
    out[key_of(static_cast<EvidenceCondition>(c))] = number_json(values[c]);
  return out;
}

}  // namespace

std::string with_interval(const std::optional<double>& value, const std::optional<Interval>& interval) {
  if (!value) return "-";
  if (!interval) return two_digits(*value);
  return cat(two_digits(*value), " [", two_digits(interval->low), ", ", two_digits(interval->high), "]");
}

Json enrichment_json(const EnrichmentStudy& study, const EnrichmentOptions& options) {
  Json out;
  out["records"] = study.records.size();
  out["without_visible_evidence"] = study.without_evidence;
  out["min_visible"] = options.min_visible;
  out["bootstrap"] = bootstrap_json(options.bootstrap);
  auto& findings = out["findings"] = Json::array();
  for (std::size_t f = 0; f < study.findings.size(); ++f) {
    const auto n = std::count(study.finding.begin(), study.finding.end(), f);
    findings.push_back({{"finding", study.findings[f]},
                        {"records", n},
                        {"primary_share_of_visible_tokens", number_json(study.evidence_share[f])}});
  }
  auto& rows = out["rows"] = Json::array();
  for (const auto& row : study.rows) {
    Json entry;
    entry["structure"] = model::structure_name(row.structure);
    entry["rate"] = row.rate;
    const auto fill = [&](const std::string& measure) {
      const auto* figure = row.find(measure);
      if (figure == nullptr) {
        entry[measure] = nullptr;
        return;
      }
      Json by_finding = Json::array();
      for (const auto& value : figure->mean.by_group) by_finding.push_back(number_json(value));
      entry[measure] = {{"macro", number_json(figure->mean.value)},
                        {"interval", interval_json(figure->mean.interval)},
                        {"by_finding", std::move(by_finding)}};
    };
    for (const char* measure : kEnrichmentMeasures) fill(measure);
    fill("ceiling");
    rows.push_back(std::move(entry));
  }
  return out;
}

Json oracle_json(const OracleStudy& study, const OracleScores& scores) {
  Json out;
  out["macro"] = by_condition(study.macro);
  for (std::size_t c = 0; c < kEvidenceConditions; ++c)
    out["intervals"][key_of(static_cast<EvidenceCondition>(c))] = interval_json(study.intervals[c]);
  out["primary_optimum"] = number_json(study.primary_optimum);
  out["secondary_optimum"] = number_json(study.secondary_optimum);
  out["gap"] = number_json(study.gap);
  out["gap_interval"] = interval_json(study.gap_interval);
  out["largest_difference_without_evidence"] = scores.largest_difference;
  out["excluded"] = excluded_json(scores.excluded);
  auto& findings = out["findings"] = Json::array();
  for (const auto& finding : study.findings) {
    findings.push_back({{"finding", finding.finding},
                        {"pairs", finding.pairs},
                        {"auroc", by_condition(finding.auroc)},
                        {"primary_optimum", finding.primary_optimum},
                        {"secondary_optimum", finding.secondary_optimum},
                        {"gap", number_json(finding.gap)}});
  }
  return out;
}

Json secondary_weight_json(const SecondaryWeight& study) {
  Json out;
  out["records"] = study.ids.size();
  out["without_visible_evidence"] = study.without_evidence;
  out["temperature"] = study.temperature;
  for (const auto& figure : study.figures) {
    Json by_finding = Json::array();
    for (const auto& value : figure.mean.by_group) by_finding.push_back(number_json(value));
    out[figure.weights] = {{"macro", number_json(figure.mean.value)},
                           {"interval", interval_json(figure.mean.interval)},
                           {"by_finding", std::move(by_finding)}};
  }
  return out;
}

std::string secondary_weight_table(const SecondaryWeight& study) {
  std::vector<std::string> head, cells;
  for (const auto& figure : study.figures) {
    head.push_back(figure.weights == "selector" ? "selector" : cat("target ", figure.weights));
    cells.push_back(with_interval(figure.mean.value, figure.mean.interval));
  }
  TextTable table(head);
  table.add(std::move(cells));
  return table.text();
}

std::string enrichment_table(const EnrichmentStudy& study) {
  std::vector<std::string> head = {"removed", "rate"};
  for (const char* measure : kEnrichmentMeasures) head.emplace_back(measure);
  head.emplace_back("ceiling");
  TextTable table(head);
  for (const auto& row : study.rows) {
    std::vector<std::string> cells = {
        row.structure == model::Structure::free ? "tokens" : cat(model::structure_name(row.structure), "s"),
        cat(row.rate)};
    for (std::size_t column = 2; column < head.size(); ++column) {
      const auto* figure = row.find(head[column]);
      const bool bound = head[column] == "attainable" || head[column] == "ceiling";
      if (figure == nullptr || !figure->mean.value) {
        cells.emplace_back("-");
      } else {
        cells.push_back(bound ? two_digits(*figure->mean.value)
                              : with_interval(figure->mean.value, figure->mean.interval));
      }
    }
    table.add(std::move(cells));
  }
  return table.text();
}

std::string oracle_table(const OracleStudy& study) {
  TextTable table({"finding", "pairs", "clean", "primary removed", "optimum", "gap", "secondary removed", "optimum",
                   "all removed"});
  const auto of = [](const auto& values, EvidenceCondition condition) {
    return values[static_cast<std::size_t>(condition)];
  };
  for (const auto& finding : study.findings) {
    table.add({finding.finding, cat(finding.pairs), three_digits(of(finding.auroc, EvidenceCondition::clean)),
               three_digits(of(finding.auroc, EvidenceCondition::primary_removed)),
               three_digits(finding.secondary_optimum), three_digits(finding.gap),
               three_digits(of(finding.auroc, EvidenceCondition::secondary_removed)),
               three_digits(finding.primary_optimum), three_digits(of(finding.auroc, EvidenceCondition::all_removed))});
  }
  table.add({"macro", "", three_digits(of(study.macro, EvidenceCondition::clean)),
             three_digits(of(study.macro, EvidenceCondition::primary_removed)), three_digits(study.secondary_optimum),
             three_digits(study.gap), three_digits(of(study.macro, EvidenceCondition::secondary_removed)),
             three_digits(study.primary_optimum), three_digits(of(study.macro, EvidenceCondition::all_removed))});
  const auto span = [&](const std::optional<Interval>& interval) {
    return interval ? cat(three_digits(interval->low), "-", three_digits(interval->high)) : std::string("-");
  };
  table.add({"  95 % interval", "", span(of(study.intervals, EvidenceCondition::clean)),
             span(of(study.intervals, EvidenceCondition::primary_removed)), "", span(study.gap_interval),
             span(of(study.intervals, EvidenceCondition::secondary_removed)), "",
             span(of(study.intervals, EvidenceCondition::all_removed))});
  return table.text();
}

void save_evidence_scores(const std::filesystem::path& path, const EnrichmentStudy& enrichment,
                          const OracleScores& oracle, Json document) {
  tensor::NamedTensors tensors;
  for (const auto& finding : oracle.findings) {
    document["oracle"][finding.finding] = {{"records", finding.ids}, {"patients", finding.patients}};
    for (std::size_t c = 0; c < kEvidenceConditions; ++c) {
      const auto name = cat("oracle.", finding.finding, ".", key_of(static_cast<EvidenceCondition>(c)), ".");
      tensors[name + "record"] = to_tensor(finding.record[c]);
      tensors[name + "twin"] = to_tensor(finding.twin[c]);
    }
  }
  Json findings = Json::array();
  for (const auto finding : enrichment.finding) findings.push_back(enrichment.findings[finding]);
  document["enrichment"] = {
      {"records", enrichment.ids}, {"patients", enrichment.patients}, {"findings", std::move(findings)}};
  for (const auto& row : enrichment.rows) {
    for (const auto& figure : row.figures) {
      tensors[cat("enrichment.", model::structure_name(row.structure), ".", row.rate, ".", figure.measure)] =
          to_tensor(figure.by_record);
    }
  }
  save_scores_document(path, "evidence", std::move(document), tensors);
}

}  // namespace scar::evaluation
