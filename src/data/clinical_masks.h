#pragma once

#include <string>
#include <vector>

#include "scar/data/masks.h"

namespace scar::data {

/// Names of the clinical sets, in the order of docs/method.md.
std::vector<std::string> clinical_names();

/// Mask of a named set; `name` is one of clinical_names(). A unit is removed unless all of it is visible in the set.
UnitMask clinical_mask(const std::string& name, const UnitGrid& grid);

}  // namespace scar::data
