// Hosts, projects and tables of the datasets; docs/data.md says more about each.
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/ingest/download.h"

namespace scar::ingest {

namespace {

RemoteDataset physionet(std::string name, std::string title, const std::string& project, std::string records,
                        std::vector<std::string> tables) {
  return {std::move(name),
          std::move(title),
          project,
          cat("https://physionet.org/content/", project, "/"),
          cat("https://physionet.org/files/", project, "/"),
          std::move(records),
          std::move(tables)};
}

}  // namespace

const std::vector<RemoteDataset>& remote_datasets() {
  static const std::vector<RemoteDataset> all = {
      physionet("ptbxl", "PTB-XL 1.0.3", "ptb-xl/1.0.3", "", {"ptbxl_database.csv", "scp_statements.csv"}),
      physionet("mimic-iv-ecg", "MIMIC-IV-ECG 1.0", "mimic-iv-ecg/1.0", "",
                {"record_list.csv", "machine_measurements.csv"}),
      physionet("cpsc2018", "CPSC2018, in the form of the PhysioNet challenge 2021 1.0.3", "challenge-2021/1.0.3",
                "training/cpsc_2018", {}),
      physionet("csn", "Chapman-Shaoxing-Ningbo (ecg-arrhythmia 1.0.0)", "ecg-arrhythmia/1.0.0", "",
                {"ConditionNames_SNOMED-CT.csv"}),
      physionet("challenge", "PhysioNet challenge 2021 1.0.3, training data", "challenge-2021/1.0.3", "training", {}),
  };
  return all;
}

const RemoteDataset& remote_dataset(const std::string& name) {
  std::vector<std::string> names;
  std::string list;
  for (const auto& dataset : remote_datasets()) {
    if (dataset.name == name) return dataset;
    names.push_back(dataset.name);
    list += cat(list.empty() ? "" : " | ", dataset.name);
  }
  const auto nearest = nearest_name(name, names);
  throw Error(Code::out_of_range, cat("no dataset '", name, "' that can be fetched"))
      .at("command line: NAME")
      .wanted(list)
      .hint(nearest.empty() ? "docs/data.md says where each dataset comes from" : cat("did you mean '", nearest, "'?"));
}

}  // namespace scar::ingest
