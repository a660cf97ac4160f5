#pragma once

#include <string_view>
#include <vector>

namespace scar::data {

/// Wordings in one language. Statements of absent findings do not occur: a report names what is there.
struct Phrases {
  std::vector<std::vector<std::string_view>> findings;  // [kFindings], several each
  std::vector<std::string_view> sinus_rhythm;           // said when no finding names the rhythm
  std::string_view rate_before, rate_after;             // "rate ", "/min"
  std::vector<std::string_view> left_axis, normal_axis, right_axis;
  std::vector<std::string_view> asides;  // say nothing about the findings
};

[[nodiscard]] const Phrases& english_phrases();
[[nodiscard]] const Phrases& german_phrases();

}  // namespace scar::data
