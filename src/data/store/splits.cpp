#include "scar/data/store/splits.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::data {

namespace {

std::string listed(const std::set<int>& folds) {
  std::string text;
  for (const auto fold : folds) text += cat(text.empty() ? "" : ", ", fold);
  return text.empty() ? "none" : text;
}

bool holds(const std::vector<int>& folds, int fold) {
  return std::find(folds.begin(), folds.end(), fold) != folds.end();
}

}  // namespace

Split split_of(const Store& store, std::int64_t record) {
  const auto& info = store.info();
  const int fold = store.fold(record);
  if (holds(info.train_folds, fold)) return Split::train;
  if (holds(info.validation_folds, fold)) return Split::validation;
  return holds(info.test_folds, fold) ? Split::test : Split::none;
}

const char* split_name(Split split) {
  switch (split) {
    case Split::train:
      return "train";
    case Split::validation:
      return "validation";
    case Split::test:
      return "test";
    case Split::none:
      break;
  }
  return "no split";
}

std::string person(const Store& store, std::int64_t record) {
  return store.patient(record).empty() ? std::string() : cat(store.info().kind, "\n", store.patient(record));
}

std::vector<std::int64_t> select_folds(const Store& store, const std::vector<int>& folds) {
  std::vector<std::int64_t> records;
  std::set<int> present;
  for (std::int64_t i = 0; i < store.size(); ++i) {
    present.insert(store.fold(i));
    if (holds(folds, store.fold(i))) records.push_back(i);
  }
  if (records.empty()) {
    throw Error(Code::split_empty, "the store has no records in these folds")
        .at(store.folder().string())
        .got(cat("folds ", listed({folds.begin(), folds.end()})))
        .wanted(cat("some of ", listed(present)));
  }
  return records;
}

PatientCount check_patients_disjoint(const Store& store, const std::vector<int>& folds_a,
                                     const std::vector<int>& folds_b) {
  for (const auto fold : folds_a) {
    if (holds(folds_b, fold)) {
      throw Error(Code::patient_in_two_splits, cat("fold ", fold, " is in two parts"))
          .at(store.folder().string())
          .hint("give each fold to one part");
    }
  }
  PatientCount count;
  std::map<std::string, std::int64_t> first_of_a;  // patient -> a record
  for (std::int64_t i = 0; i < store.size(); ++i) {
    if (!holds(folds_a, store.fold(i))) continue;
    if (store.patient(i).empty()) {
      ++count.a;
      ++count.without_patient;
    } else {
      first_of_a.emplace(store.patient(i), i);
    }
  }
  count.a += static_cast<std::int64_t>(first_of_a.size());
  std::map<std::string, std::int64_t> first_of_b;
  std::vector<std::string> shared;
  for (std::int64_t i = 0; i < store.size(); ++i) {
    if (!holds(folds_b, store.fold(i))) continue;
    if (store.patient(i).empty()) {
      ++count.b;
      ++count.without_patient;
      continue;
    }
    if (!first_of_b.emplace(store.patient(i), i).second) continue;
    if (const auto other = first_of_a.find(store.patient(i)); other != first_of_a.end()) {
      shared.push_back(cat(store.patient(i), " (records ", store.id(other->second), " in fold ",
                           store.fold(other->second), ", ", store.id(i), " in fold ", store.fold(i), ")"));
    }
  }
  count.b += static_cast<std::int64_t>(first_of_b.size());
  if (!shared.empty()) {
    std::string first_five;
    for (std::size_t i = 0; i < std::min<std::size_t>(5, shared.size()); ++i)
      first_five += cat(i == 0 ? "" : "; ", shared[i]);
    throw Error(Code::patient_in_two_splits, cat(shared.size(), " patients are in both parts"))
        .at(store.folder().string())
        .got(first_five)
        .wanted("each patient in one part")
        .hint("give all folds of a patient to one part, or prepare the store with other folds");
  }
  return count;
}

}  // namespace scar::data
