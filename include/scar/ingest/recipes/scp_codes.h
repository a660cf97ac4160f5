#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace scar::ingest {

struct ScpCode {
  std::string code;
  double likelihood = 0;  // percent, 0 to 100; 0 = not specified, which does not mean absent
};

/// Reads the column scp_codes of PTB-XL: a Python dict literal of texts and numbers, {'NORM': 100.0, 'SR': 0.0}.
/// Nothing else of Python is understood and nothing is evaluated: codes are 1 to 32 capital letters, digits and /()_ in
/// single or double quotes without escapes, values plain decimal numbers, at most 128 of them. `where` names the row.
/// Error scp_codes_invalid with the position, also for a code that stands there twice.
[[nodiscard]] std::vector<ScpCode> parse_scp_codes(std::string_view text, const std::string& where);

}  // namespace scar::ingest
