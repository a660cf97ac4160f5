#include "result_sections.h"

#include <algorithm>
#include <cstdint>
#include <map>

#include <nlohmann/json.hpp>

#include "result_reading.h"
#include "scar/core/cat.h"

namespace scar::report {

namespace {

/// An axis over all values and intervals.
Axis auroc_axis(const std::string& title, const std::vector<Dot>& dots) {
  double low = 1, high = 0;
  for (const auto& dot : dots) {
    low = std::min({low, dot.value, dot.interval ? dot.interval->low : dot.value});
    high = std::max({high, dot.value, dot.interval ? dot.interval->high : dot.value});
  }
  return axis_of(title, std::min(low, high), std::max(low, high), 0, 1);
}

}  // namespace

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

}  // namespace scar::report
