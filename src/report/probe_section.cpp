#include "result_sections.h"

#include <algorithm>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "result_reading.h"
#include "scar/core/cat.h"

namespace scar::report {

std::string probe_name(const Json& document) {
  const auto kind = text(at(document, "kind"));
  if (kind == "linear-probe") return "linear probe";
  if (kind == "knn-probe") return "nearest neighbours";
  if (kind == "kshot-probe") return "k-shot linear probe";
  return kind;
}

std::string own_row(const Json& document) { return text(at(document, "kind")) == "fine-tuning" ? "fine-tuned" : "run"; }

std::string labels_of(const Json& summary) {
  if (const auto fraction = number(at(summary, "fraction"))) return cat(*fraction * 100, " % of the labels");
  if (const auto k = number(at(summary, "k"))) return cat("k = ", *k);
  return "";
}

void probe_section(HtmlPage& page, const ResultFile& file) {
  const auto& document = *file.document;
  page.section(cat("Probe: ", probe_name(document), ", ", text(at(document, "task"))));
  page.paragraph(cat(split_of(document), "."));
  std::vector<std::string> amounts;                        // columns, in the order of the result
  std::vector<std::pair<std::string, std::string>> lines;  // features and masks
  std::map<std::pair<std::string, std::string>, std::map<std::string, std::string>> cells;
  for (const auto& each : at(document, "summary")) {
    const auto amount = labels_of(each);
    const std::pair line{text(at(each, "row")), text(at(each, "condition"))};
    if (std::find(amounts.begin(), amounts.end(), amount) == amounts.end()) amounts.push_back(amount);
    if (!cells.contains(line)) lines.push_back(line);
    const auto& macro = at(each, "macro_auroc");
    cells[line][amount] = with_interval(at(macro, "mean"), at(macro, "ci95"));
  }
  std::vector<std::string> head = {"features", "masks"};
  head.insert(head.end(), amounts.begin(), amounts.end());
  Rows rows;
  for (const auto& line : lines) {
    rows.push_back({line.first, line.second});
    for (const auto& amount : amounts) rows.back().push_back(cells[line][amount]);
  }
  page.table(head, rows);
  page.note("Macro AUROC; in brackets: 95 % intervals over patients.");
  add_origin(page, file);
}

}  // namespace scar::report
