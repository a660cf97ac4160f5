#include "result_sections.h"

#include <algorithm>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "result_reading.h"
#include "scar/core/cat.h"

namespace scar::report {

void sweep_section(HtmlPage& page, const ResultFile& file) {
  const auto& document = *file.document;
  for (const auto& task : at(document, "tasks")) {
    const auto& sweep = at(task, "sweep");
    page.section(cat("Missing evidence: ", text(at(task, "task"))));
    page.paragraph(cat("Evaluated on the ", split_of(document), "."));
    add_records(page, at(task, "records"));
    std::map<std::string, const Json*> rules;
    for (const auto& rule : at(sweep, "rules")) rules[text(at(rule, "rule"))] = &rule;
    const auto value_of = [&](const std::string& rule) {
      return number(at(at(*rules.at(rule), "macro_auroc"), "value"));
    };
    const auto interval_of = [&](const std::string& rule) {
      return interval(at(at(*rules.at(rule), "macro_auroc"), "ci95"));
    };
    std::vector<Curve> curves;
    Rows areas;
    double low = 1, high = 0, last = 0;
    for (const auto& each : at(sweep, "curves")) {
      Curve curve{text(at(each, "mode")), {}, {}};
      for (const auto& rate : at(each, "rates")) {
        const auto rule = number(rate) == 0.0 ? std::string("clean") : cat(curve.name, ":", rate.dump());
        if (!rules.contains(rule) || !value_of(rule)) continue;
        curve.points.push_back({number(rate).value_or(0), *value_of(rule)});
        curve.y.push_back(interval_of(rule));
        low = std::min(low, curve.y.back() ? curve.y.back()->low : *value_of(rule));
        high = std::max(high, curve.y.back() ? curve.y.back()->high : *value_of(rule));
        last = std::max(last, number(rate).value_or(0));
      }
      areas.push_back({curve.name, with_interval(at(at(each, "aurc"), "value"), at(at(each, "aurc"), "ci95"))});
      curves.push_back(std::move(curve));
    }
    if (!curves.empty() && last > 0) {
      page.figure(line_chart("Robustness", axis_of("share removed", 0, last, 0, 1),
                             axis_of("macro AUROC", low, high, 0, 1), curves),
                  "Mean over seeds; bars: 95 % intervals over patients.");
      page.table({"mode", "area under the curve (95 %)"}, areas);
    }
    Rows rows, worst;
    std::vector<Dot> sets;
    std::vector<std::pair<double, std::string>> leads;
    for (const auto& rule : at(sweep, "rules")) {
      const auto name = text(at(rule, "rule"));
      const auto& macro = at(rule, "macro_auroc");
      const auto value = number(at(macro, "value"));
      if (name.starts_with("without:")) {
        if (value) leads.emplace_back(*value, name);
        continue;
      }
      if (value && name.starts_with("clinical:")) sets.push_back({name.substr(9), *value, interval(at(macro, "ci95"))});
      rows.push_back({name, with_interval(at(macro, "value"), at(macro, "ci95")),
                      with_interval(at(at(rule, "retention"), "value"), at(at(rule, "retention"), "ci95"))});
    }
    add_dots(page, "Named sets of leads", "macro AUROC", sets,
             rules.contains("clean") ? value_of("clean") : std::nullopt,
             "What is visible stands in the name, but for -off and last-5s; line: everything visible.");
    if (!leads.empty()) {
      std::sort(leads.begin(), leads.end());
      leads.resize(std::min<std::size_t>(leads.size(), 8));
      for (const auto& [value, name] : leads)
        worst.push_back({name.substr(8), with_interval(Json(value), at(at(*rules.at(name), "macro_auroc"), "ci95"))});
      page.subsection("Leads whose loss costs most, alone or in pairs");
      page.table({"removed", "macro AUROC (95 %)"}, worst);
      page.note("Chosen on the records that they are measured on; the intervals do not know that.");
    }
    page.begin_details("All masks");
    page.table({"mask", "macro AUROC (95 %)", "retention (95 %)"}, rows);
    page.end_details();
    for (const auto& critical : at(task, "critical")) {
      page.subsection(cat("Critical ", text(at(at(critical, "critical"), "structure")), ", ",
                          text(at(at(critical, "critical"), "masks")), " masks"));
      Rows rates;
      for (const auto& rate : at(at(critical, "critical"), "rates"))
        rates.push_back({at(rate, "rate").dump(), three_digits(number(at(at(rate, "critical"), "macro_auroc"))),
                         three_digits(number(at(at(rate, "random"), "macro_auroc"))),
                         at(rate, "attack_failed") == true ? "yes" : "no"});
      page.table({"share removed", "macro AUROC", "random masks, same records", "attack failed"}, rates);
      add_cmrs(page, at(critical, "cmrs"));
    }
    add_origin(page, file);
  }
}

}  // namespace scar::report
