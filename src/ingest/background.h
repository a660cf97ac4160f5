#pragma once

#include <string>
#include <string_view>

#include "scar/data/ecg_record.h"
#include "scar/ingest/wfdb_header.h"

namespace scar::ingest {

/// "female" or "male" from how sources write it (F, M, Female, Male, in any case); "" for anything else.
[[nodiscard]] std::string parse_sex(std::string_view text);
/// Whole years, 90 for 90 and more (PTB-XL writes 300 for more than 89); -1 for what is no age.
[[nodiscard]] int parse_age(std::string_view text);
[[nodiscard]] std::string single_spaced(std::string_view text);
/// The comments "#Age:" and "#Sex:" of a WFDB header in the form of the challenges.
[[nodiscard]] data::Background background_of(const HeaderComments& comments);

}  // namespace scar::ingest
