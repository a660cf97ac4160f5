#include "scar/ingest/source.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::ingest {

void check_patients(const Source& source) {
  const auto split_of = [&](int fold) {
    int split = 0;
    for (const auto* folds : {&source.train_folds, &source.validation_folds, &source.test_folds}) {
      if (std::find(folds->begin(), folds->end(), fold) != folds->end()) return split;
      ++split;
    }
    return split;
  };
  std::unordered_map<std::string, const SourceRecord*> first;
  for (const auto& record : source.records) {
    if (record.patient.empty()) continue;
    const auto [entry, is_new] = first.try_emplace(record.patient, &record);
    const auto& other = *entry->second;
    if (is_new || split_of(other.fold) == split_of(record.fold)) continue;
    throw Error(Code::patient_in_two_splits, "a patient has records in two splits")
        .at(source.root.string())
        .got(cat("record ", other.id, " in fold ", other.fold, ", record ", record.id, " in fold ", record.fold))
        .wanted("all records of a patient in folds of one split");
  }
}

void check_amplitude(const EcgSamples& ecg, const std::string& where) {
  constexpr double kLargestMv = 20;
  if (ecg.largest_mv <= kLargestMv) return;
  throw Error(Code::amplitude, "a sample is larger than an ECG can be")
      .at(where)
      .got(cat(ecg.largest_mv, " mV"))
      .wanted(cat("at most ", kLargestMv, " mV"));
}

void check_signal(const Source& source, const EcgSamples& ecg, const std::string& where) {
  if (source.check) return source.check(ecg, where);
  check_amplitude(ecg, where);
}

}  // namespace scar::ingest
