#include "single_finding.h"

#include <algorithm>
#include <numeric>

#include "scar/data/ecg_record.h"
#include "scar/data/synthetic/evidence.h"
#include "scar/data/synthetic/findings.h"
#include "scar/evaluation/enrichment.h"

namespace scar::evaluation {

std::vector<std::string> localised_findings() {
  std::vector<std::string> out;
  for (const auto& finding : data::findings()) {
    if (finding.localised) out.push_back(finding.name);
  }
  return out;
}

std::vector<SingleFinding> records_of_one_finding(const data::Store& store, const std::vector<std::int64_t>& records) {
  const auto names = localised_findings();
  std::vector<SingleFinding> out;
  for (const auto record : records) {
    const auto* labels = store.labels("synth", record);
    if (labels[0] == data::kNotInTask || std::accumulate(labels, labels + data::kFindings, 0) != 1) continue;
    const auto finding = static_cast<int>(std::find(labels, labels + data::kFindings, 1) - labels);
    const auto place = std::find(names.begin(), names.end(), data::findings()[static_cast<std::size_t>(finding)].name);
    if (place == names.end()) continue;
    out.push_back({record, finding, static_cast<std::size_t>(place - names.begin()), store.id(record)});
  }
  return out;
}

std::vector<std::uint8_t> evidence_tokens(const std::uint8_t* bitmap, std::int64_t blocks, std::int64_t block_samples,
                                          std::int64_t patch) {
  const auto patches = blocks * block_samples / patch;
  std::vector<std::uint8_t> out(static_cast<std::size_t>(12 * patches), 0);
  for (int lead = 0; lead < 12; ++lead) {
    for (std::int64_t j = 0; j < patches; ++j) {
      const auto last = ((j + 1) * patch - 1) / block_samples;
      for (auto block = j * patch / block_samples; block <= last; ++block) {
        if (data::unit_set(bitmap, blocks, lead, block)) out[static_cast<std::size_t>(lead * patches + j)] = 1;
      }
    }
  }
  return out;
}

}  // namespace scar::evaluation
