#include "result_sections.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "result_reading.h"
#include "scar/core/cat.h"

namespace scar::report {

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

}  // namespace scar::report
