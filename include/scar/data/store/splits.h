#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scar/data/store/store_reader.h"

namespace scar::data {

enum class Split { train, validation, test, none };  // none: a fold that the store gives to no split
[[nodiscard]] Split split_of(const Store& store, std::int64_t record);
[[nodiscard]] const char* split_name(Split split);  // "train", "validation", "test", "no split"

/// Who a record is of, for comparisons between stores: a patient's name means the same person only in stores of one
/// kind. "" = unknown.
[[nodiscard]] std::string person(const Store& store, std::int64_t record);

/// Records of the folds, in the order of the store. Error split_empty, naming the folds that the store has.
[[nodiscard]] std::vector<std::int64_t> select_folds(const Store& store, const std::vector<int>& folds);

struct PatientCount {
  std::int64_t a = 0, b = 0;         // patients in each part
  std::int64_t without_patient = 0;  // records without a patient's name, taken as patients of their own
};

/// Error patient_in_two_splits if a fold or a patient is in both parts; names up to five of them with their records.
PatientCount check_patients_disjoint(const Store& store, const std::vector<int>& folds_a,
                                     const std::vector<int>& folds_b);

}  // namespace scar::data
