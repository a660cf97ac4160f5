#include "flag_values.h"

#include <algorithm>
#include <charconv>

namespace scar::apps {

namespace {

template <class Number>
bool parse(const std::string& text, Number& out) {
  const auto* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, out);
  return result.ec == std::errc() && result.ptr == end;
}

template <class Number>
Number parse_in_range(const std::string& flag, const std::string& text, Number low, Number high) {
  Number out = 0;
  if (parse(text, out) && out >= low && out <= high) return out;
  throw Error(Code::out_of_range, cat(flag, " is out of range"))
      .at("command line")
      .got(text)
      .wanted(cat(low, " to ", high));
}

}  // namespace

double parse_number(const std::string& flag, const std::string& text, double low, double high) {
  return parse_in_range(flag, text, low, high);
}

std::int64_t parse_whole(const std::string& flag, const std::string& text, std::int64_t low, std::int64_t high) {
  return parse_in_range(flag, text, low, high);
}

std::vector<double> parse_rates(const std::vector<std::string>& texts) {
  std::vector<double> rates;
  for (const auto& text : texts) {
    double rate = 0;
    if (!parse(text, rate) || !(rate > 0 && rate < 1)) {
      throw Error(Code::out_of_range, "--rate is out of range")
          .at("command line")
          .got(text)
          .wanted("a share above 0 and below 1");
    }
    rates.push_back(rate);
  }
  std::sort(rates.begin(), rates.end());
  rates.erase(std::unique(rates.begin(), rates.end()), rates.end());
  return rates;
}

void require_choice(const std::string& flag, const std::string& value, std::initializer_list<const char*> choices) {
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return;
  std::string wanted;
  for (const auto* choice : choices) wanted += cat(wanted.empty() ? "" : ", ", choice);
  throw Error(Code::usage, cat(flag, " is none of its choices")).at("command line").got(value).wanted(wanted);
}

}  // namespace scar::apps
