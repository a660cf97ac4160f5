#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scar/core/json.h"
#include "scar/report/charts.h"

/// Looks into a result without trusting it: what is not there, or has another type, is nothing.
namespace scar::report {

[[nodiscard]] const Json& at(const Json& object, const std::string& name);  // null if it is not there
[[nodiscard]] std::optional<double> number(const Json& value);
[[nodiscard]] std::string text(const Json& value);   // "" if it is no text
[[nodiscard]] std::string whole(const Json& value);  // "-" if it is no number
[[nodiscard]] std::optional<Whisker> interval(const Json& value);

[[nodiscard]] std::string three_digits(const std::optional<double>& value);           // "0.812", "-"
[[nodiscard]] std::string bracket(const std::optional<Whisker>& interval);            // "[0.801, 0.823]", ""
[[nodiscard]] std::string with_interval(const Json& value, const Json& interval_of);  // "0.812 [0.801, 0.823]"
[[nodiscard]] std::string joined(const Json& list);                                   // "a, b"

}  // namespace scar::report
