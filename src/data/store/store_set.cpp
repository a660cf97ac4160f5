#include "scar/data/store/store_set.h"

#include <algorithm>
#include <cassert>

#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::data {

StoreSet StoreSet::open(const std::vector<std::filesystem::path>& folders) {
  assert(!folders.empty());
  StoreSet set;
  for (const auto& folder : folders) {
    auto store = Store::open(folder);
    if (!set.stores_.empty()) {
      const auto& first = set.stores_.front();
      if (store.rate_hz() != first.rate_hz() || store.samples() != first.samples()) {
        throw Error(Code::store_mismatch, "the stores differ in rate or length")
            .at(folder.string())
            .got(cat(store.samples(), " samples at ", store.rate_hz(), " Hz"))
            .wanted(cat(first.samples(), " samples at ", first.rate_hz(), " Hz, as in ", first.folder().string()))
            .hint("prepare all of them with the same --rate and --seconds");
      }
    }
    for (const auto& other : set.stores_) {
      if (other.manifest_hash() == store.manifest_hash()) {
        throw Error(Code::store_mismatch, "one store is named twice")
            .at(folder.string())
            .got(cat("the manifest of ", other.folder().string()))
            .hint("to see its records more often, raise its weight in data.weights");
      }
    }
    set.first_.push_back(set.first_.back() + store.size());
    set.stores_.push_back(std::move(store));
  }
  return set;
}

StoreSet::Place StoreSet::place(std::int64_t record) const {
  assert(record >= 0 && record < size());
  const auto after = std::upper_bound(first_.begin(), first_.end(), record);
  const auto store = static_cast<std::size_t>(after - first_.begin()) - 1;
  return {store, record - first_[store]};
}

float StoreSet::scale_mv(std::int64_t record) const {
  const auto at = place(record);
  return stores_[at.store].scale_mv(at.record);
}
const std::string& StoreSet::report(std::int64_t record) const {
  const auto at = place(record);
  return stores_[at.store].report(at.record);
}
void StoreSet::read(std::int64_t record, std::int16_t* out, std::int64_t coming) const {
  const auto at = place(record), next = coming < 0 ? Place{at.store, -1} : place(coming);
  stores_[at.store].read(at.record, out, next.store == at.store ? next.record : -1);
}
const std::string& StoreSet::id(std::int64_t record) const {
  const auto at = place(record);
  return stores_[at.store].id(at.record);
}
const std::string& StoreSet::patient(std::int64_t record) const {
  const auto at = place(record);
  return stores_[at.store].patient(at.record);
}
const std::string& StoreSet::language(std::int64_t record) const {
  const auto at = place(record);
  return stores_[at.store].language(at.record);
}

}  // namespace scar::data
