#include "scar/evaluation/figure_json.h"

#include <nlohmann/json.hpp>

namespace scar::evaluation {

Json number_json(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json interval_json(const std::optional<Interval>& interval) {
  return interval ? Json::array({interval->low, interval->high}) : Json(nullptr);
}

Json bootstrap_json(const BootstrapOptions& options) {
  return {{"method", "bootstrap over patients, BCa widened for small samples"},
          {"level", .95},
          {"resamples", options.resamples},
          {"seed", options.seed}};
}

}  // namespace scar::evaluation
