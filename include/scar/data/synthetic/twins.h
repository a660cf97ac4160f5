#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scar/data/record_source.h"
#include "scar/data/synthetic/options.h"

namespace scar::data {

/// A record of the corpus with one of its findings off.
struct TwinOf {
  std::int64_t index = 0;  // of the record in the corpus: Store::candidate()
  int finding = 0;         // that is off
};

/// Rendered twins as a source of records, so that they go the way that stored records go. All of them are in memory, 2
/// bytes a sample.
class Twins final : public RecordSource {
 public:
  /// Renders with `jobs` threads. Error out_of_range for a finding that cannot be taken away.
  Twins(const SyntheticOptions& options, const std::vector<TwinOf>& twins, int jobs);

  [[nodiscard]] std::int64_t size() const override { return static_cast<std::int64_t>(samples_.size()); }
  [[nodiscard]] double rate_hz() const override { return static_cast<double>(options_.rate_hz); }
  [[nodiscard]] std::int64_t samples() const override { return options_.samples(); }
  [[nodiscard]] float scale_mv(std::int64_t twin) const override { return scale_mv_[static_cast<std::size_t>(twin)]; }
  [[nodiscard]] const std::string& report(std::int64_t twin) const override {
    return reports_[static_cast<std::size_t>(twin)];  // as rendered, not cleaned
  }
  void read(std::int64_t twin, std::int16_t* out, std::int64_t coming = -1) const override;

 private:
  SyntheticOptions options_;
  std::vector<std::vector<std::int16_t>> samples_;  // [12, T] of each
  std::vector<float> scale_mv_;
  std::vector<std::string> reports_;
};

}  // namespace scar::data
