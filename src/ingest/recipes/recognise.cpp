#include "scar/ingest/recipes/recognise.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "../find_headers.h"
#include "scar/core/error.h"
#include "scar/ingest/recipes/cpsc2018.h"

namespace scar::ingest {

namespace fs = std::filesystem;

std::string recognise_dataset(const DataRoot& root) {
  static const std::vector<std::pair<const char*, const char*>> tables = {{"ptbxl_database.csv", "ptbxl"},
                                                                          {"machine_measurements.csv", "mimic-iv-ecg"},
                                                                          {"ConditionNames_SNOMED-CT.csv", "csn"},
                                                                          {"REFERENCE.csv", "cpsc2018"}};
  std::error_code ignored;
  for (const auto& [table, name] : tables) {
    if (fs::exists(root / table, ignored)) return name;
  }
  try {
    const auto headers = find_headers(root);
    const bool cpsc = std::all_of(headers.begin(), headers.end(), [](const auto& header) {
      return is_cpsc2018_record(fs::path(header).stem().string());
    });
    return cpsc ? "cpsc2018" : "challenge";
  } catch (const Error& error) {
    if (error.code() != Code::data_missing) throw;
    throw Error(Code::data_missing, "the folder is neither a store nor a dataset that is known")
        .at(root.string())
        .wanted(
            "MANIFEST.json, ptbxl_database.csv, machine_measurements.csv, ConditionNames_SNOMED-CT.csv, REFERENCE.csv "
            "or headers NAME.hea")
        .hint("records of your own have a table: --dataset wfdb --table FILE");
  }
}

}  // namespace scar::ingest
