#include "scar/report/run_report.h"

#include <algorithm>
#include <functional>
#include <map>

#include <nlohmann/json.hpp>

#include "result_reading.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/report/charts.h"
#include "scar/report/html_page.h"

namespace scar::report {

namespace {

using Rows = std::vector<std::vector<std::string>>;

/// An axis over all values and intervals.
Axis auroc_axis(const std::string& title, const std::vector<Dot>& dots) {
  double low = 1, high = 0;
  for (const auto& dot : dots) {
    low = std::min({low, dot.value, dot.interval ? dot.interval->low : dot.value});
    high = std::max({high, dot.value, dot.interval ? dot.interval->high : dot.value});
  }
  return axis_of(title, std::min(low, high), std::max(low, high), 0, 1);
}

void add_dots(HtmlPage& page, const std::string& title, const std::string& axis, const std::vector<Dot>& dots,
              std::optional<double> mark, const std::string& caption) {
  if (dots.empty()) return;
  page.figure(dot_chart(title, auroc_axis(axis, dots), dots, mark), caption);
}

void add_records(HtmlPage& page, const Json& records) {
  if (!records.is_object()) return;
  std::map<std::string, std::int64_t> reasons;
  const auto& excluded = at(records, "excluded");
  if (excluded.is_array()) {
    for (const auto& each : excluded) ++reasons[text(at(each, "reason"))];
  }
  std::string out = cat(whole(at(records, "n_in")), " records, ", whole(at(records, "n_scored")), " scored");
  for (const auto& [reason, count] : reasons) out += cat("; ", count, " left out: ", reason);
  page.paragraph(out + ".");
}

void add_origin(HtmlPage& page, const ResultFile& file) {
  const auto& document = *file.document;
  const auto& run = at(document, "run");
  page.begin_details("How this was made");
  page.facts(
      {{"command", text(at(document, "command"))},
       {"file", file.name},
       {"scar", cat(text(at(at(document, "scar"), "version")), ", ", text(at(at(document, "scar"), "revision")))},
       {"checkpoint", cat(text(at(run, "checkpoint")), ", step ", whole(at(run, "step")))},
       {"weights", text(at(run, "weights_sha256"))},
       {"configuration", text(at(run, "config_sha256"))},
       {"store",
        cat(text(at(at(document, "store"), "kind")), ", ", text(at(at(document, "store"), "manifest_sha256")))},
       {"prompts", cat(text(at(at(document, "prompts"), "file")), ", ", text(at(at(document, "prompts"), "sha256")))},
       {"device", cat(text(at(document, "device")), ", ", text(at(document, "precision")))},
       {"earlier looks at the test folds", whole(at(document, "test_peeks"))}});
  page.end_details();
}

std::string split_of(const Json& document) { return text(at(at(document, "split"), "rule")); }

void add_trained(HtmlPage& page, const Json& document) {
  const auto& trained = at(document, "trained_on");
  const double records = number(at(trained, "records")).value_or(0);
  if (records + number(at(trained, "other_records_of_their_patients")).value_or(0) > 0)
    page.paragraph(cat("No test: ", whole(at(trained, "records")), " of these records trained the run, and ",
                       whole(at(trained, "other_records_of_their_patients")), " more are of patients who did."));
}

void add_cmrs(HtmlPage& page, const Json& cmrs) {
  if (!cmrs.is_object()) return;
  page.subsection("CMRS: how much of a resolved diagnosis is left without its most critical leads");
  page.paragraph(cat("CMRS ", three_digits(number(at(cmrs, "cmrs"))), "; under random masks of equal size ",
                     three_digits(number(at(cmrs, "cmrs_random"))),
                     ". 1: all of the diagnosis is left, 0: chance, below 0: misled."));
  Rows rows;
  for (const auto& each : at(cmrs, "classes")) {
    std::vector<std::string> row = {text(at(each, "class")), whole(at(each, "positives")),
                                    three_digits(number(at(each, "coverage")))};
    for (const auto& value : at(each, "cmrs_by_rate")) row.push_back(three_digits(number(value)));
    row.push_back(text(at(each, "left_out")));
    rows.push_back(std::move(row));
  }
  std::vector<std::string> head = {"class", "positives", "coverage"};
  for (const auto& rate : at(cmrs, "rates")) head.push_back(cat("at ", rate.dump()));
  head.emplace_back("left out because");
  page.table(head, rows);
}

void add_reliability(HtmlPage& page, const Json& calibration) {
  Curve curve{"observed", {}, {}}, ideal{"ideal", {{0, 0}, {1, 1}}, {}};
  for (const auto& bin : at(calibration, "reliability")) {
    if (number(at(bin, "n")).value_or(0) < 10) continue;  // a frequency of a few says nothing
    curve.points.push_back({number(at(bin, "mean_probability")).value_or(0), number(at(bin, "frequency")).value_or(0)});
  }
  if (curve.points.size() < 2) return;
  const Axis x{"predicted probability", 0, 1, {0, .2, .4, .6, .8, 1}},
      y{"share that is positive", 0, 1, {0, .2, .4, .6, .8, 1}};
  page.figure(line_chart("Reliability of the probabilities, all classes", x, y, {curve, ideal}),
              "Bins of at least 10 (record, class) pairs. Curves (Platt) were fitted on the reference folds.");
}

void zero_shot_section(HtmlPage& page, const ResultFile& file) {
  const auto& document = *file.document;
  page.section(cat("Zero-shot: ", text(at(document, "task"))));
  const auto& conditions = at(document, "conditions");
  const Json& clean = conditions.is_array() && !conditions.empty() ? conditions[0] : at(document, "");
  const auto& score = at(clean, "score");
  const auto& figures = at(at(document, "ci95"), "figures");
  std::vector<std::pair<std::string, std::string>> headline = {
      {three_digits(number(at(score, "macro_auroc"))),
       cat("macro AUROC, ", whole(at(score, "n_defined")), " of ", whole(at(score, "n_total")), " classes")}};
  if (const auto found = interval(at(score, "macro_auroc_ci95")))
    headline.emplace_back(bracket(found), "95 % interval over patients");
  if (const auto cmrs = number(at(at(document, "cmrs"), "cmrs"))) headline.emplace_back(three_digits(cmrs), "CMRS");
  page.headline(headline);
  page.paragraph(cat("Evaluated on the ", split_of(document), "."));
  add_records(page, at(document, "records"));
  add_trained(page, document);
  std::vector<Dot> dots;
  for (const auto& [name, figure] : figures.items()) {
    if (text(at(figure, "figure")) != "macro AUROC") continue;
    std::optional<double> value;
    for (const auto& condition : conditions) {
      if (text(at(condition, "condition")) == name) value = number(at(at(condition, "score"), "macro_auroc"));
    }
    for (const auto& rate : at(at(document, "critical"), "rates")) {
      for (const char* kind : {"critical", "random"}) {
        if (name == cat(kind, ":", at(rate, "rate").dump())) value = number(at(at(rate, kind), "macro_auroc"));
      }
    }
    if (value) dots.push_back({name, *value, interval(at(figure, "ci95"))});
  }
  if (dots.size() > 1)
    add_dots(page, "Under missing evidence", "macro AUROC", dots, dots.front().value,
             "Line: everything visible. critical: what this model needs most is gone; random: equal amounts, the same "
             "records.");

  page.subsection("By class, everything visible");
  const auto& decisions = at(clean, "decisions");
  std::map<std::string, const Json*> decided;
  for (const auto& each : at(decisions, "classes")) decided[text(at(each, "class"))] = &each;
  std::vector<std::string> head = {"class", "positives", "prevalence", "AUROC", "95 %", "AP", "95 %"};
  if (!decided.empty()) head.insert(head.end(), {"F1", "sensitivity", "specificity", "ECE"});
  Rows rows;
  dots.clear();
  for (const auto& each : at(score, "classes")) {
    const auto name = text(at(each, "class"));
    if (const auto value = number(at(each, "auroc"))) dots.push_back({name, *value, interval(at(each, "auroc_ci95"))});
    std::vector<std::string> row = {name,
                                    whole(at(each, "positives")),
                                    three_digits(number(at(each, "prevalence"))),
                                    three_digits(number(at(each, "auroc"))),
                                    bracket(interval(at(each, "auroc_ci95"))),
                                    three_digits(number(at(each, "ap"))),
                                    bracket(interval(at(each, "ap_ci95")))};
    if (const auto found = decided.find(name); found != decided.end()) {
      for (const char* figure : {"f1", "sensitivity", "specificity"})
        row.push_back(three_digits(number(at(*found->second, figure))));
      row.push_back(three_digits(number(at(at(*found->second, "calibration"), "ece_equal_width"))));
    }
    rows.push_back(std::move(row));
  }
  page.table(head, rows);
  if (dots.size() <= 40) add_dots(page, "By class", "AUROC", dots, .5, "95 % intervals over patients; line: chance.");
  if (decisions.is_object()) {
    page.paragraph(cat("Thresholds and probabilities come from folds ",
                       joined(at(at(document, "thresholds_from"), "folds")), ". Macro F1 ",
                       three_digits(number(at(decisions, "f1_macro"))),
                       "; with thresholds chosen on the judged records themselves it would be ",
                       three_digits(number(at(decisions, "f1_oracle_macro"))), ", an upper bound and no result."));
    add_reliability(page, at(decisions, "calibration"));
  } else if (const auto why = text(at(at(document, "thresholds_from"), "why")); !why.empty()) {
    page.note(cat("No F1 and no calibration: ", why, "."));
  }
  if (const auto& subgroups = at(clean, "subgroups"); subgroups.is_array() && !subgroups.empty()) {
    page.subsection("Subgroups against all others");
    rows.clear();
    for (const auto& attribute : subgroups) {
      for (const auto& group : at(attribute, "groups")) {
        if (!number(at(group, "macro_auroc"))) continue;
        rows.push_back({cat(text(at(attribute, "attribute")), " ", text(at(group, "group"))),
                        whole(at(group, "records")),
                        with_interval(at(group, "macro_auroc"), at(group, "macro_auroc_ci95")),
                        three_digits(number(at(group, "rest_macro_auroc"))),
                        with_interval(at(group, "gap"), at(group, "gap_ci95"))});
      }
    }
    page.table({"group", "records", "macro AUROC (95 %)", "all others", "gap (95 %)"}, rows);
    page.note("Over the classes that both parts have; groups of fewer than 20 records have no figure.");
  }
  add_cmrs(page, at(document, "cmrs"));
  add_origin(page, file);
}

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

void probe_section(HtmlPage& page, const ResultFile& file) {
  const auto& document = *file.document;
  page.section(cat("Probe (", text(at(document, "kind")), "): ", text(at(document, "task"))));
  page.paragraph(cat(split_of(document), "."));
  Rows rows;
  for (const auto& each : at(document, "summary")) {
    const auto& macro = at(each, "macro_auroc");
    std::string amount;
    for (const char* key : {"fraction", "k"}) {
      if (at(each, key).is_number()) amount = at(each, key).dump();
    }
    rows.push_back({text(at(each, "row")), text(at(each, "condition")), amount,
                    with_interval(at(macro, "mean"), at(macro, "ci95")),
                    three_digits(number(at(at(each, "score"), "macro_ap")))});
  }
  page.table({"features", "masks", "labels", "macro AUROC (95 % over patients)", "macro AP"}, rows);
  add_origin(page, file);
}

void retrieval_section(HtmlPage& page, const ResultFile& file) {
  const auto& document = *file.document;
  page.section("Retrieval");
  page.paragraph(cat("Evaluated on the ", split_of(document), ". A hit is any record with the same text."));
  Rows rows;
  for (const auto& condition : at(document, "conditions")) {
    for (const auto& [key, name] :
         {std::pair{"ecg_to_report", "ECG to report"}, std::pair{"ecg_to_distinct_text", "ECG to distinct text"},
          std::pair{"report_to_ecg", "report to ECG"}}) {
      const auto& direction = at(condition, key);
      std::vector<std::string> row = {text(at(condition, "condition")), name};
      for (const char* figure : {"recall_at_1", "recall_at_5", "recall_at_10", "mrr"})
        row.push_back(with_interval(at(at(direction, figure), "value"), at(at(direction, figure), "interval")));
      row.push_back(three_digits(number(at(at(direction, "recall_at_10"), "chance"))));
      rows.push_back(std::move(row));
    }
  }
  page.table({"masks", "direction", "R@1 (95 %)", "R@5", "R@10", "MRR", "R@10 by chance"}, rows);
  add_origin(page, file);
}

void evidence_section(HtmlPage& page, const ResultFile& file) {
  const auto& document = *file.document;
  const auto& oracle = at(document, "oracle");
  page.section("Known evidence (synthetic records)");
  Rows rows;
  for (const auto& [key, name] :
       {std::pair{"clean", "nothing removed"}, std::pair{"primary_removed", "primary evidence removed"},
        std::pair{"secondary_removed", "secondary evidence removed"}})
    rows.push_back({name, with_interval(at(at(oracle, "macro"), key), at(at(oracle, "intervals"), key))});
  rows.push_back({"optimum without the primary evidence", three_digits(number(at(oracle, "secondary_optimum")))});
  page.table({"records against their twins", "AUROC (95 %)"}, rows);
  add_origin(page, file);
}

void curves_section(HtmlPage& page, const ResultFile& file) {
  const auto& curves = at(*file.document, "curves");
  page.section(cat("Deletion and insertion: ", text(at(*file.document, "task"))));
  const auto& shares = at(curves, "shares");
  for (const auto& [key, title] : {std::pair{"deletion", "First tokens of an order removed"},
                                   std::pair{"insertion", "First tokens of an order shown"}}) {
    std::vector<Curve> lines;
    double low = 1, high = -1;
    for (const auto& [name, curve] : at(curves, "curves").items()) {
      const auto& values = at(curve, key);
      Curve line{name, {}, {}};
      for (std::size_t i = 0; values.is_array() && shares.is_array() && i < std::min(values.size(), shares.size());
           ++i) {
        const auto value = number(values[i]);
        if (!value) continue;
        line.points.push_back({number(shares[i]).value_or(0), *value});
        low = std::min(low, *value);
        high = std::max(high, *value);
      }
      lines.push_back(std::move(line));
    }
    if (high > low)
      page.figure(line_chart(title, axis_of("share of the visible tokens", 0, 1, 0, 1),
                             axis_of("mean score", low, high, -1, 1), lines),
                  "An order that finds what the score needs falls fast on deletion.");
  }
  add_origin(page, file);
}

const std::map<std::string, std::function<void(HtmlPage&, const ResultFile&)>>& sections() {
  static const std::map<std::string, std::function<void(HtmlPage&, const ResultFile&)>> all = {
      {"zero-shot", zero_shot_section}, {"sweep", sweep_section},       {"linear-probe", probe_section},
      {"knn-probe", probe_section},     {"kshot-probe", probe_section}, {"fine-tuning", probe_section},
      {"retrieval", retrieval_section}, {"evidence", evidence_section}, {"curves", curves_section}};
  return all;
}

}  // namespace

std::string run_report(const std::string& run, const std::vector<ResultFile>& results,
                       const std::vector<EcgFigure>& ecgs) {
  HtmlPage page(cat("scar: ", run), cat(results.size(), results.size() == 1 ? " result" : " results"));
  std::vector<std::string> unknown;
  for (const auto& file : results) {
    if (text(at(*file.document, "format")) != "scar-result")
      throw Error(Code::data_unreadable, "the file is no result").at(file.name).wanted("\"format\": \"scar-result\"");
    const auto found = sections().find(text(at(*file.document, "kind")));
    if (found == sections().end())
      unknown.push_back(cat(file.name, " (", text(at(*file.document, "kind")), ")"));
    else
      found->second(page, file);
  }
  if (!ecgs.empty()) page.section("ECGs");
  for (const auto& ecg : ecgs) page.figure(ecg.drawing, ecg.caption);
  page.section("About this page");
  page.paragraph(
      "Every figure is defined in docs/metrics.md, every mark of an ECG in docs/report.md. Intervals are over patients "
      "and say nothing of another training run. Not for clinical use.");
  if (!unknown.empty()) {
    std::string list;
    for (const auto& name : unknown) list += cat(list.empty() ? "" : ", ", name);
    page.paragraph(cat("Not shown, because this page does not know their kind: ", list, "."));
  }
  return page.text();
}

}  // namespace scar::report
