#pragma once

#include <string>
#include <vector>

#include "scar/ingest/data_root.h"

namespace scar::ingest {

/// All "NAME.hea" below `root`, relative to it, in the order of their paths: never that of the file system. Each folder
/// is looked through once. A link to a folder inside the root is passed over, for that folder has its turn; one that leads
/// out of it is followed, or link_leaves_root. data_missing if there is no such folder or no header.
[[nodiscard]] std::vector<std::string> find_headers(const DataRoot& root);

}  // namespace scar::ingest
