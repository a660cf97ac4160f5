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

namespace scar::training {

namespace {

constexpr std::size_t kExamples = 5;

std::vector<std::int64_t> evaluation_records(const data::Store& store) {
  const auto& train = store.info().train_folds;
  std::vector<std::int64_t> records;
  for (std::int64_t i = 0; i < store.size(); ++i) {
    if (std::find(train.begin(), train.end(), store.fold(i)) == train.end()) records.push_back(i);
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
  std::vector<data::RecordList> lists;
  for (const auto& store : stores) lists.push_back({&store, {}});
  std::set<std::pair<std::string, std::string>> patients;  // kind, name
  for (const auto record : corpus.train) {
    const auto at = corpus.stores->place(record);
    lists[at.store].records.push_back(at.record);
    const auto& store = stores[at.store];
    if (!store.patient(at.record).empty()) patients.emplace(store.info().kind, store.patient(at.record));
  }
  for (const auto& folder : options.kept_apart) {
    const auto store = data::Store::open(folder);
    const auto records = evaluation_records(store);
    std::set<std::string> shared_patients;
    for (const auto record : records) {
      if (patients.count({store.info().kind, store.patient(record)}) != 0)
        shared_patients.insert(store.patient(record));
    }
    auto compared = lists;
    compared.push_back({&store, records});
    std::vector<std::string> shared_signals;
    const auto jobs = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 16U));
    for (const auto& group : data::find_duplicates(compared, jobs)) {
      const auto trains = std::find_if(group.records.begin(), group.records.end(),
                                       [&](const auto& place) { return place.list < lists.size(); });
      for (const auto& place : group.records) {
        if (place.list < lists.size() || trains == group.records.end()) continue;
        shared_signals.push_back(cat("record ", store.id(place.record), " is record ",
                                     stores[trains->list].id(trains->record), " of ",
                                     stores[trains->list].folder().string()));
      }
    }
    log::info(cat(folder, ": ", records.size(), " records outside of its training folds; ", shared_patients.size(),
                  " of their patients and ", shared_signals.size(),
                  " of their signals are among the training records"));
    if (shared_patients.empty() && shared_signals.empty()) continue;
    if (options.allow_shared) {
      log::warn(32, cat(folder, " is not kept apart from the training records; results on it are no test"));
      continue;
    }
    std::vector<std::string> examples = shared_signals;
    for (const auto& patient : shared_patients) examples.push_back(cat("patient ", patient));
    throw Error(Code::patient_in_two_splits, "records that are to be evaluated are among the training records")
        .at(folder)
        .got(cat(shared_patients.size(), " patients, ", shared_signals.size(), " signals: ", listed(examples)))
        .wanted("patients and signals of data.kept_apart that do not train")
        .hint(
            "leave those records out (scar-prepare duplicates --out FILE lists them), or say data.allow_shared: true");
  }
}

}  // namespace scar::training
