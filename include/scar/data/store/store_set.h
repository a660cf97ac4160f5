#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "scar/data/store/store_reader.h"

namespace scar::data {

/// Several stores of one rate and length in a row: the records of the first, then those of the second, and so on.
class StoreSet final : public RecordSource {
 public:
  /// Errors: everything Store::open may throw; store_mismatch (another rate or length, or the same store twice).
  [[nodiscard]] static StoreSet open(const std::vector<std::filesystem::path>& folders);

  [[nodiscard]] const std::vector<Store>& stores() const { return stores_; }
  struct Place {
    std::size_t store = 0;
    std::int64_t record = 0;  // number in that store
  };
  [[nodiscard]] Place place(std::int64_t record) const;
  [[nodiscard]] std::int64_t number(std::size_t store, std::int64_t record) const { return first_[store] + record; }
  [[nodiscard]] const Store& store_of(std::int64_t record) const { return stores_[place(record).store]; }

  [[nodiscard]] std::int64_t size() const override { return first_.back(); }
  [[nodiscard]] double rate_hz() const override { return stores_.front().rate_hz(); }
  [[nodiscard]] std::int64_t samples() const override { return stores_.front().samples(); }
  [[nodiscard]] float scale_mv(std::int64_t record) const override;
  [[nodiscard]] const std::string& report(std::int64_t record) const override;
  void read(std::int64_t record, std::int16_t* out, std::int64_t coming = -1) const override;
  [[nodiscard]] const std::string& id(std::int64_t record) const;
  [[nodiscard]] const std::string& patient(std::int64_t record) const;
  [[nodiscard]] const std::string& language(std::int64_t record) const;

 private:
  std::vector<Store> stores_;
  std::vector<std::int64_t> first_{0};  // number of each store's first record; last: how many there are
};

}  // namespace scar::data
