#include "result_reading.h"

#include <cmath>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"

namespace scar::report {

const Json& at(const Json& object, const std::string& name) {
  static const Json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(name);
  return found == object.end() ? kNull : *found;
}

std::optional<double> number(const Json& value) {
  if (!value.is_number()) return std::nullopt;
  const double out = value.get<double>();
  return std::isfinite(out) ? std::optional(out) : std::nullopt;
}

std::string text(const Json& value) { return value.is_string() ? value.get<std::string>() : std::string(); }

std::string whole(const Json& value) {
  const auto found = number(value);
  return found ? cat(static_cast<long long>(*found)) : "-";
}

std::optional<Whisker> interval(const Json& value) {
  if (!value.is_array() || value.size() != 2) return std::nullopt;
  const auto low = number(value[0]), high = number(value[1]);
  if (!low || !high) return std::nullopt;
  return Whisker{*low, *high};
}

std::string three_digits(const std::optional<double>& value) {
  if (!value) return "-";
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.3f", *value);
  return buffer;
}

std::string bracket(const std::optional<Whisker>& interval) {
  if (!interval) return "";
  return cat(three_digits(interval->low), "…", three_digits(interval->high));
}

std::string with_interval(const Json& value, const Json& interval_of) {
  const auto found = bracket(interval(interval_of));
  return found.empty() ? three_digits(number(value)) : cat(three_digits(number(value)), " (", found, ")");
}

std::string joined(const Json& list) {
  std::string out;
  if (!list.is_array()) return out;
  for (const auto& each : list)
    out += cat(out.empty() ? "" : ", ", each.is_string() ? each.get<std::string>() : each.dump());
  return out;
}

}  // namespace scar::report
