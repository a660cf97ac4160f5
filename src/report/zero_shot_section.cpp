#include "result_sections.h"

#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "result_reading.h"
#include "scar/core/cat.h"

namespace scar::report {

namespace {

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

}  // namespace

std::string zero_shot_name(const Json& document) {
  std::string out = text(at(document, "task"));
  if (text(at(at(document, "critical"), "masks")) == "transferred") out += ", transferred masks";
  const auto& thresholds = at(document, "thresholds_from");
  if (text(at(thresholds, "why")) == "as asked")
    out += cat(", thresholds from folds ", joined(at(thresholds, "folds")));
  return out;
}

std::vector<Dot> condition_dots(const Json& document) {
  std::vector<Dot> dots;
  for (const auto& [name, figure] : at(at(document, "ci95"), "figures").items()) {
    if (text(at(figure, "figure")) != "macro AUROC") continue;
    std::optional<double> value;
    for (const auto& condition : at(document, "conditions")) {
      if (text(at(condition, "condition")) == name) value = number(at(at(condition, "score"), "macro_auroc"));
    }
    for (const auto& rate : at(at(document, "critical"), "rates")) {
      for (const char* kind : {"critical", "random"}) {
        if (name == cat(kind, ":", at(rate, "rate").dump())) value = number(at(at(rate, kind), "macro_auroc"));
      }
    }
    if (value) dots.push_back({name, *value, interval(at(figure, "ci95"))});
  }
  return dots;
}

void zero_shot_section(HtmlPage& page, const ResultFile& file) {
  const auto& document = *file.document;
  page.section(cat("Zero-shot: ", zero_shot_name(document)));
  const auto& conditions = at(document, "conditions");
  const Json& clean = conditions.is_array() && !conditions.empty() ? conditions[0] : at(document, "");
  const auto& score = at(clean, "score");
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
  auto dots = condition_dots(document);
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

}  // namespace scar::report
