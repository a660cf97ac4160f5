#include "scar/ingest/recipes/challenge.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "../background.h"
#include "../find_headers.h"
#include "../strict_text.h"
#include "scar/core/json.h"

namespace scar::ingest {

namespace {

namespace fs = std::filesystem;

constexpr const char* kTask = "challenge2021";

const std::vector<std::string>& classes() {
  static const std::vector<std::string> list = {
      "AF",    "AFL",   "BBB",    "Brady", "CLBBB|LBBB", "CRBBB|RBBB", "IAVB", "IRBBB",   "LAD",
      "LAnFB", "LQRSV", "NSIVCB", "NSR",   "PAC|SVPB",   "PR",         "PRWP", "PVC|VPB", "LPR",
      "LQT",   "QAb",   "RAD",    "SA",    "SB",         "STach",      "TAb",  "TInv"};
  return list;
}

const std::map<std::string, std::size_t, std::less<>>& codes() {
  static const std::map<std::string, std::size_t, std::less<>> map = {
      {"164889003", 0},  {"164890007", 1},  {"6374002", 2},    {"426627000", 3},  {"733534002", 4},  {"713427006", 5},
      {"270492004", 6},  {"713426002", 7},  {"39732003", 8},   {"445118002", 9},  {"164909002", 4},  {"251146004", 10},
      {"698252002", 11}, {"426783006", 12}, {"284470004", 13}, {"10370003", 14},  {"365413008", 15}, {"427172004", 16},
      {"164947007", 17}, {"111975006", 18}, {"164917005", 19}, {"47665007", 20},  {"59118001", 5},   {"427393009", 21},
      {"426177001", 22}, {"427084000", 23}, {"63593006", 13},  {"164934002", 24}, {"59931005", 25},  {"17338001", 16}};
  return map;
}

std::vector<std::uint8_t> labels_of(std::string_view diagnoses) {
  std::vector<std::uint8_t> labels(classes().size(), 0);
  while (!diagnoses.empty()) {
    const auto comma = std::min(diagnoses.find(','), diagnoses.size());
    const auto found = codes().find(trimmed(diagnoses.substr(0, comma)));
    diagnoses.remove_prefix(std::min(comma + 1, diagnoses.size()));
    if (found != codes().end()) labels[found->second] = 1;
  }
  return labels;
}

}  // namespace

Source challenge_source(const DataRoot& root, const ChallengeOptions& options) {
  Source source;
  source.name = "records in challenge form";
  source.root = root;
  source.kind = "challenge2021";
  source.tasks = {{kTask, classes()}};
  source.test_folds = {1};
  Json provenance;
  provenance["source"] = "PhysioNet challenge form";
  provenance["window_s"] = options.seconds;
  source.provenance_json = provenance.dump();
  for (const auto& header : find_headers(root)) {
    SourceRecord record;
    record.id = fs::path(header).replace_extension().generic_string();
    record.fold = 1;
    const HeaderComments comments(root, root / header);
    record.background = background_of(comments);
    record.files = {header, fs::path(header).replace_extension(".mat").generic_string()};
    record.labels[kTask] = labels_of(comments.of("Dx"));
    source.records.push_back(std::move(record));
  }
  return source;
}

}  // namespace scar::ingest
