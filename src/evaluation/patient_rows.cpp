#include "patient_rows.h"

#include "scar/core/cat.h"

namespace scar::evaluation {

std::map<std::string, std::vector<std::int64_t>> patient_rows(const std::vector<std::string>& patients,
                                                              const std::vector<std::string>& ids) {
  std::map<std::string, std::vector<std::int64_t>> out;
  for (std::size_t row = 0; row < ids.size(); ++row) {
    const auto name = patients[row].empty() ? cat("record ", ids[row]) : cat("patient ", patients[row]);
    out[name].push_back(static_cast<std::int64_t>(row));
  }
  return out;
}

}  // namespace scar::evaluation
