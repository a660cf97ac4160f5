#pragma once

namespace scar {

[[nodiscard]] const char* version();   // "0.1.0"
[[nodiscard]] const char* revision();  // short git revision of the source, or "unknown"
[[nodiscard]] const char* compiler();

}  // namespace scar
