#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "scar/core/json.h"

namespace scar::training {

/// metrics.jsonl: one object per line, {"v":1,"t":"2026-03-01T10:22:31Z","kind":"step","step":1200,...}. Values that depend on
/// the clock have names that end in _ms or _s, or are "t"; two runs compare equal without them. Not-a-number is null.
class MetricLog {
 public:
  /// Keeps the first `bytes` of an existing file and drops what a stopped run wrote after its last checkpoint. A file that is
  /// shorter is Error(checkpoint_corrupt).
  MetricLog(std::filesystem::path path, std::uint64_t bytes);
  void write(const std::string& kind, std::int64_t step, const Json& values);
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  std::filesystem::path path_;
  std::uint64_t bytes_;
};

/// The time now, UTC, "2026-03-01T10:22:31Z".
[[nodiscard]] std::string utc_now();

}  // namespace scar::training
