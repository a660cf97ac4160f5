#include "result_sections.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "result_reading.h"
#include "scar/core/cat.h"

namespace scar::report {

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

}  // namespace scar::report
