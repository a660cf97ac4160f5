#include "result_sections.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "result_reading.h"
#include "scar/core/cat.h"

namespace scar::report {

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

}  // namespace scar::report
