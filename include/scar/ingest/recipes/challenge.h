#pragma once

#include <cstdint>
#include <filesystem>

#include "scar/core/fields.h"
#include "scar/ingest/data_root.h"
#include "scar/ingest/preparation.h"

namespace scar::ingest {

/// How a folder of records in the form of the PhysioNet challenges 2020 and 2021 (NAME.hea with "#Dx: SNOMED,SNOMED" and
/// NAME.mat, in folders of any depth) becomes a store.
struct ChallengeOptions {
  std::int64_t rate_hz = 500;
  double seconds = 10;
  ToleranceOptions tolerance;
};
template <class Visitor>
void visit_fields(ChallengeOptions& o, Visitor&& visit) {
  visit("rate", o.rate_hz, Range{50, 1000}, "samples per second of the store; the sources have 257 to 1000");
  visit("seconds", o.seconds, Range{1, 3600},
        "length: the first seconds, shorter records are padded with missing samples");
  visit_fields(o.tolerance, visit);
}

/// Task "challenge2021": the 26 scored classes; codes that the challenge counts as one are one class (CLBBB|LBBB,
/// CRBBB|RBBB, PAC|SVPB, PVC|VPB). Other codes are in no class. Every record is in fold 1, the test fold: the headers name
/// no patients. Record ids are the paths without their ending.
[[nodiscard]] Source challenge_source(const DataRoot& root, const ChallengeOptions& options);

}  // namespace scar::ingest
