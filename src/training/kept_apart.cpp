#include "kept_apart.h"

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/log.h"
#include "scar/data/store/duplicates.h"
#include "scar/data/store/splits.h"

namespace scar::training {

namespace {

constexpr std::size_t kExamples = 5;

std::vector<std::int64_t> evaluation_records(const data::Store& store) {
  std::vector<std::int64_t> records;
  for (std::int64_t i = 0; i < store.size(); ++i) {
    if (data::split_of(store, i) != data::Split::train) records.push_back(i);
  }
  return records;
}

std::string listed(const std::vector<std::string>& examples) {
  std::string text;
  for (std::size_t i = 0; i < std::min(kExamples, examples.size()); ++i) text += cat(i == 0 ? "" : "; ", examples[i]);
  return examples.size() > kExamples ? cat(text, "; …") : text;
}

}  // namespace

void check_kept_apart(const DataOptions& options, const Corpus& corpus) {
  if (options.kept_apart.empty()) return;
  const auto& stores = corpus.stores->stores();
  std::vector<data::RecordList> lists;  // those of the training stores, then one for each store that is kept apart
  for (const auto& store : stores) lists.push_back({&store, {}});
  std::set<std::string> people;
  for (const auto record : corpus.train) {
    const auto at = corpus.stores->place(record);
    lists[at.store].records.push_back(at.record);
    if (auto who = data::person(stores[at.store], at.record); !who.empty()) people.insert(std::move(who));
  }
  std::vector<data::Store> apart;
  for (const auto& folder : options.kept_apart) apart.push_back(data::Store::open(folder));
  for (const auto& store : apart) lists.push_back({&store, evaluation_records(store)});

  std::vector<std::vector<std::string>> shared_signals(apart.size());
  const auto jobs = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 16U));
  for (const auto& group : data::find_duplicates(lists, jobs)) {
    const auto& trains = group.records.front();  // in order of the lists
    if (trains.list >= stores.size()) continue;
    for (const auto& place : group.records) {
      if (place.list < stores.size()) continue;
      shared_signals[place.list - stores.size()].push_back(cat("record ", lists[place.list].store->id(place.record),
                                                               " is record ", stores[trains.list].id(trains.record),
                                                               " of ", stores[trains.list].folder().string()));
    }
  }
  for (std::size_t k = 0; k < apart.size(); ++k) {
    const auto& folder = options.kept_apart[k];
    const auto& records = lists[stores.size() + k].records;
    std::set<std::string> shared_patients;
    for (const auto record : records) {
      if (people.contains(data::person(apart[k], record))) shared_patients.insert(apart[k].patient(record));
    }
    log::info(cat(folder, ": ", records.size(), " records outside of its training folds; ", shared_patients.size(),
                  " of their patients and ", shared_signals[k].size(),
                  " of their signals are among the training records"));
    if (shared_patients.empty() && shared_signals[k].empty()) continue;
    if (options.allow_shared) {
      log::warn(32, cat(folder, " is not kept apart from the training records; results on it are no test"));
      continue;
    }
    auto examples = shared_signals[k];
    for (const auto& patient : shared_patients) examples.push_back(cat("patient ", patient));
    throw Error(Code::patient_in_two_splits, "records that are to be evaluated are among the training records")
        .at(folder)
        .got(cat(shared_patients.size(), " patients, ", shared_signals[k].size(), " signals: ", listed(examples)))
        .wanted("patients and signals of data.kept_apart that do not train")
        .hint(
            "leave those records out (scar-prepare duplicates --out FILE lists them), or say data.allow_shared: true");
  }
}

}  // namespace scar::training
