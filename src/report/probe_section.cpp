#include "result_sections.h"

#include <nlohmann/json.hpp>

#include "result_reading.h"
#include "scar/core/cat.h"

namespace scar::report {

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

}  // namespace scar::report
