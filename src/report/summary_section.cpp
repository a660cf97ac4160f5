#include "result_sections.h"

#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "result_reading.h"
#include "scar/core/cat.h"

namespace scar::report {

namespace {

std::string value_of(const Dot& dot) {
  return dot.interval ? cat(three_digits(dot.value), " (", bracket(dot.interval), ")") : three_digits(dot.value);
}

/// "clean" is what is visible, the smallest of the others the lowest: "what is missing: its value".
void take(Answer& answer, const std::vector<Dot>& dots) {
  const Dot* lowest = nullptr;
  for (const auto& dot : dots) {
    if (dot.name == "clean")
      answer.visible = value_of(dot);
    else if (lowest == nullptr || dot.value < lowest->value)
      lowest = &dot;
  }
  if (lowest != nullptr) answer.lowest = cat(lowest->name, ": ", value_of(*lowest));
}

std::string cmrs_of(const Json& cmrs, const Json& intervals) {
  if (!number(at(cmrs, "cmrs"))) return "";
  return with_interval(at(cmrs, "cmrs"), at(at(at(intervals, "figures"), "cmrs"), "ci95"));
}

}  // namespace

std::vector<Answer> zero_shot_answers(const Json& document) {
  Answer out{.question = cat("zero-shot, ", zero_shot_name(document))};
  take(out, condition_dots(document));
  out.cmrs = cmrs_of(at(document, "cmrs"), at(document, "ci95"));
  return {out};
}

std::vector<Answer> sweep_answers(const Json& document) {
  std::vector<Answer> out;
  for (const auto& task : at(document, "tasks")) {
    Answer answer{.question = cat("missing evidence, ", text(at(task, "task")))};
    std::vector<Dot> dots;
    for (const auto& rule : at(at(task, "sweep"), "rules")) {
      const auto& macro = at(rule, "macro_auroc");
      const auto value = number(at(macro, "value"));
      if (!value) continue;
      const auto name = text(at(rule, "rule"));
      if (name == "clean" || name.starts_with("clinical:")) dots.push_back({name, *value, interval(at(macro, "ci95"))});
    }
    take(answer, dots);
    for (const auto& critical : at(task, "critical")) {
      if (answer.cmrs.empty()) answer.cmrs = cmrs_of(at(critical, "cmrs"), at(critical, "ci95"));
    }
    out.push_back(std::move(answer));
  }
  return out;
}

std::vector<Answer> probe_answers(const Json& document) {
  std::string amount;  // the last is the largest
  std::map<std::string, std::vector<Dot>> by_amount;
  for (const auto& each : at(document, "summary")) {
    const auto value = number(at(at(each, "macro_auroc"), "mean"));
    if (text(at(each, "row")) != own_row(document) || !value) continue;
    amount = labels_of(each);
    by_amount[amount].push_back({text(at(each, "condition")), *value, interval(at(at(each, "macro_auroc"), "ci95"))});
  }
  Answer out{.question =
                 cat(probe_name(document), ", ", text(at(document, "task")), amount.empty() ? "" : ", ", amount)};
  take(out, by_amount[amount]);
  return {out};
}

std::vector<Answer> retrieval_answers(const Json& document) {
  Answer out{.question = "retrieval, ECG to report (R@10)"};
  std::vector<Dot> dots;
  for (const auto& condition : at(document, "conditions")) {
    const auto& recall = at(at(condition, "ecg_to_report"), "recall_at_10");
    if (const auto value = number(at(recall, "value")))
      dots.push_back({text(at(condition, "condition")), *value, interval(at(recall, "interval"))});
  }
  take(out, dots);
  return {out};
}

std::vector<Answer> evidence_answers(const Json& document) {
  const auto& oracle = at(document, "oracle");
  const auto figure = [&](const char* key) {
    return with_interval(at(at(oracle, "macro"), key), at(at(oracle, "intervals"), key));
  };
  return {{.question = "records against their twins",
           .visible = figure("clean"),
           .lowest = cat("primary evidence: ", figure("primary_removed"))}};
}

void summary_section(HtmlPage& page, const std::vector<Answer>& answers) {
  Rows rows;
  for (const auto& answer : answers) rows.push_back({answer.question, answer.visible, answer.lowest, answer.cmrs});
  if (rows.empty()) return;
  page.section("Summary");
  page.table({"question", "everything visible", "lowest with evidence missing", "CMRS"}, rows);
  page.note(
      "Macro AUROC, of retrieval R@10; in brackets: 95 % intervals over patients. Lowest: of the masks that were asked "
      "for, in a sweep of the named sets of leads; it was chosen on the records that it is measured on.");
}

}  // namespace scar::report
