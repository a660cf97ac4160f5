#include "scar/core/version.h"

#ifndef SCAR_VERSION
#error "SCAR_VERSION comes from CMake"
#endif
#ifndef SCAR_REVISION
#define SCAR_REVISION "unknown"
#endif

namespace scar {

const char* version() { return SCAR_VERSION; }
const char* revision() { return SCAR_REVISION; }
const char* compiler() { return "g++ " __VERSION__; }

}  // namespace scar
