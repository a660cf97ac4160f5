#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <vector>

#include "scar/core/cat.h"
#include "scar/core/error.h"

/// Values of flags, checked: what the command line cannot mean is Error out_of_range or usage naming the flag.
namespace scar::apps {

/// `wanted` is told to people; "": LOW to HIGH.
template <class Number>
void require_range(const std::string& flag, Number value, std::type_identity_t<Number> low,
                   std::type_identity_t<Number> high, const std::string& wanted = "") {
  if (value >= low && value <= high) return;
  throw Error(Code::out_of_range, cat(flag, " is out of range"))
      .at("command line")
      .got(cat(value))
      .wanted(wanted.empty() ? cat(low, " to ", high) : wanted);
}

/// A number that is all of `text`, low <= number <= high.
[[nodiscard]] double parse_number(const std::string& flag, const std::string& text, double low, double high);
[[nodiscard]] std::int64_t parse_whole(const std::string& flag, const std::string& text, std::int64_t low,
                                       std::int64_t high);
/// Shares above 0 and below 1, ascending, each once.
[[nodiscard]] std::vector<double> parse_rates(const std::vector<std::string>& texts);

void require_choice(const std::string& flag, const std::string& value, std::initializer_list<const char*> choices);

}  // namespace scar::apps
