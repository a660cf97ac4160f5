#pragma once

#include <string>

#include "scar/report/ecg_plot.h"

namespace scar::report {

/// Token weights in multiples of what a token would have if all visible ones had the same.
struct WeightScale {
  std::vector<double> times;  // [12, tokens]; 0 where a token is not visible
  double top = 0;             // the strongest shade, at least 2; 0: there are no weights
  std::int64_t visible = 0;   // tokens that share the whole
  std::size_t highest = 0;    // number of the token with the largest weight
};
[[nodiscard]] WeightScale weight_scale(const EcgPlot& plot);

/// What occurs in the part that is shown, and so needs a word.
struct Occurring {
  bool missing = false, absent = false, removed = false, weights = false;
};

/// Adds the legend below `top` and says the same in the description. Returns where it ends.
[[nodiscard]] double add_legend(Drawing& drawing, const EcgPlot& plot, const WeightScale& scale,
                                const Occurring& occurring, double left, double top);

}  // namespace scar::report
