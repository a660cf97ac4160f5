#include "scar/training/known_findings.h"

#include <algorithm>
#include <map>

#include "scar/data/ecg_record.h"

namespace scar::training {

KnownFindings::KnownFindings(const data::StoreSet& stores, const std::vector<std::int64_t>& records)
    : findings_(records.size()) {
  std::int64_t number = 0;  // of the first class of a task, over all stores
  for (std::size_t s = 0; s < stores.stores().size(); ++s) {
    const auto& store = stores.stores()[s];
    for (const auto& task : store.info().tasks) {
      const auto classes = task.classes.size();
      std::vector<std::vector<std::size_t>> having(classes);  // positions in `records`
      std::size_t asked = 0;
      for (std::size_t i = 0; i < records.size(); ++i) {
        const auto place = stores.place(records[i]);
        if (place.store != s) continue;
        const auto* row = store.labels(task.name, place.record);
        if (classes == 0 || row[0] == data::kNotInTask) continue;
        ++asked;
        for (std::size_t c = 0; c < classes; ++c) {
          if (row[c] == 1) having[c].push_back(i);
        }
      }
      for (std::size_t c = 0; c < classes; ++c) {
        if (2 * having[c].size() > asked) continue;
        for (const auto i : having[c]) findings_[i].push_back(number + static_cast<std::int64_t>(c));
      }
      number += static_cast<std::int64_t>(classes);
    }
  }
}

bool KnownFindings::share(std::int64_t a, std::int64_t b) const {
  const auto &one = findings_[static_cast<std::size_t>(a)], &other = findings_[static_cast<std::size_t>(b)];
  return std::find_first_of(one.begin(), one.end(), other.begin(), other.end()) != one.end();
}

}  // namespace scar::training
