#pragma once

#include <string>

#include "scar/ingest/data_root.h"

namespace scar::ingest {

/// Which dataset a folder holds, as a verb of scar-prepare: by its tables or, without any, by the names of its headers: "cpsc2018" if all are A and
/// four digits, else "challenge". Errors: data_missing for a folder that is none or holds neither tables nor headers.
[[nodiscard]] std::string recognise_dataset(const DataRoot& root);

}  // namespace scar::ingest
