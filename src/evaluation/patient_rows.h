#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace scar::evaluation {

/// Rows of each patient, ascending, by what the patient is called. A row without a patient's name is a patient of its
/// own, called after its record. patients, ids: one per row.
[[nodiscard]] std::map<std::string, std::vector<std::int64_t>> patient_rows(const std::vector<std::string>& patients,
                                                                            const std::vector<std::string>& ids);

}  // namespace scar::evaluation
