#pragma once

#include <string>
#include <string_view>

namespace scar::report {

/// `text` for XML and HTML, between tags or in a quoted attribute: & < > " ' escaped; what XML does not allow (control
/// characters, bytes that are not UTF-8) becomes U+FFFD.
[[nodiscard]] std::string escape_markup(std::string_view text);

}  // namespace scar::report
