#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "scar/core/fields.h"
#include "scar/ingest/data_root.h"
#include "scar/ingest/preparation.h"

namespace scar::ingest {

/// How CPSC2018 (Liu et al., J. Med. Imaging Health Inform. 8:1368, 2018) becomes a store, from either of its forms:
/// the challenge copy of PhysioNet (Axxxx.hea and .mat; diagnoses in "#Dx", in words or SNOMED codes) or the original one
/// (Axxxx.mat with a struct, and REFERENCE.csv).
struct Cpsc2018Options {
  std::int64_t rate_hz = 500;
  double seconds = 10;               // the first; shorter records are padded with missing samples
  std::string window = "corrected";  // corrected | published
  bool partial = false;              // take a part of the 6,877 records: counts are not checked
  ToleranceOptions tolerance;
};
template <class Visitor>
void visit_fields(Cpsc2018Options& o, Visitor&& visit) {
  visit("rate", o.rate_hz, Range{50, 1000}, "samples per second of the store; the source has 500");
  visit("seconds", o.seconds, Range{1, 144},
        "length: the first seconds, shorter records are padded with missing samples");
  visit("window", o.window, OneOf{{"corrected", "published"}},
        "what a record is cut to: --seconds as measured, or as in published work 5 s, 5 s of zeros, min-max");
  visit("partial", o.partial, Any{}, "the folder holds a part of the dataset: counts are not checked");
  visit_fields(o.tolerance, visit);
}

/// Whether a record can be one of CPSC2018 by its name: "A0001".
[[nodiscard]] bool is_cpsc2018_record(std::string_view id);

/// Error contradiction for the published window with another rate or length than 500 Hz and 10 s.
void validate(const Cpsc2018Options& options, Problems& problems);

/// Task "cpsc2018", 9 classes, with the published window named "cpsc2018-published"; folds 1, 2, 3 are train, validation and test of `splits` (configs/splits/cpsc2018.txt), by
/// record name. No patient is known. Records that no split names are left out, listed. Errors: those of validate() and of
/// the tables; csv_invalid for a diagnosis that is none of the nine and for another partition; counts_differ.
[[nodiscard]] Source cpsc2018_source(const DataRoot& root, const std::filesystem::path& splits,
                                     const Cpsc2018Options& options);

}  // namespace scar::ingest
