#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "curl.h"
#include "scar/ingest/download.h"

namespace scar::ingest {

/// Files to fetch, by number.
struct FetchPlan {
  std::size_t count = 0;
  /// Where file i comes from and goes to, asked before each attempt; nothing: it has become needless.
  std::function<std::optional<Transfer>(std::size_t)> transfer;
  /// File i lies where it was to go, whole as far as the server said. False: it is not what it should be, and is gone.
  std::function<bool(std::size_t)> accept;
  std::int64_t max_bytes = 0;  // of a file; 0 = any
};

struct FetchFailure {
  enum class Kind { transfer, checksum, missing };
  std::size_t index = 0;
  Kind kind = Kind::transfer;
  std::string why;
};

struct FetchOutcome {
  std::vector<FetchFailure> failures;
  std::int64_t fetched = 0, bytes = 0;
  bool stopped = false;  // by a signal
};

/// Fetches what the plan says, in batches and rounds: a file that fails is tried again in a later round, continued where
/// it was cut, at most options.attempts times. Thrown, since no further file would do better: access_refused, a disk
/// that is full or may not be written to, a certificate that is not trusted, and a server that has stopped to answer.
/// report(files done, bytes) is called about twice a second.
[[nodiscard]] FetchOutcome fetch(const FetchPlan& plan, const Curl& curl, const RemoteDataset& dataset,
                                 const DownloadOptions& options,
                                 const std::function<void(std::int64_t, std::int64_t)>& report);

}  // namespace scar::ingest
