#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "scar/data/ecg_record.h"
#include "scar/data/store/store_format.h"

namespace scar::data {

/// Writes a store, shard by shard, so that it can be stopped at any moment: a shard appears whole or not at all, and
/// the finished ones are the journal of an interrupted run. The caller walks the candidates 0 .. N-1 of its source in
/// an order that is always the same; each of them is added or excluded. Equal input gives equal bytes.
///
///   StoreWriter writer(folder, info, n);
///   for (std::int64_t s = 0; s < writer.shards(); ++s) {
///     if (writer.shard_done(s)) continue;
///     for (std::int64_t c = writer.first_candidate(s); c < writer.end_candidate(s); ++c) {
///       if (usable(c)) writer.add(record(c)); else writer.exclude(id(c), "signal_checksum",
///       "records100/00001_lr.dat");
///     }
///     writer.end_shard();
///     if (stop_signal() != 0) return;         // the same command goes on from here
///   }
///   StoreSummary summary = writer.finish();
///
/// One thread. Holds a shard's samples twice in memory while it is written (2048 records of 12 x 1000: 2 x 49 MB).
class StoreWriter {
 public:
  /// Creates the folder or takes up what an earlier run left there, after checking each shard whole; a damaged one is
  /// written again. Errors: output_exists (a finished store of another configuration, or a folder with other things in
  /// it), store_mismatch (shards of another configuration), locked (another process writes there), out_of_range (info).
  StoreWriter(std::filesystem::path folder, StoreInfo info, std::int64_t candidates,
              std::int64_t shard_candidates = kShardCandidates);
  ~StoreWriter();
  StoreWriter(const StoreWriter&) = delete;
  StoreWriter& operator=(const StoreWriter&) = delete;

  /// The store stands there finished, made by this configuration: every shard is done, finish() returns its summary.
  [[nodiscard]] bool already_complete() const;
  [[nodiscard]] std::int64_t shards() const;
  [[nodiscard]] std::int64_t first_candidate(std::int64_t shard) const;
  [[nodiscard]] std::int64_t end_candidate(std::int64_t shard) const;
  [[nodiscard]] bool shard_done(std::int64_t shard) const;
  [[nodiscard]] std::int64_t next_candidate() const;  // whom the next add() or exclude() speaks of; N if none is left

  /// Errors: duplicate_record, text_not_utf8, out_of_range (a row of labels that is neither 0/1 nor absent, T too
  /// long); fewer samples than T per lead are not accepted either: the caller pads with kMissing.
  void add(EcgRecord record);
  void exclude(std::string id, std::string reason, std::string detail);
  /// After the last candidate of a shard: writes it to a temporary, fsyncs, renames. Errors: disk_full, write_failed.
  void end_shard();
  /// After the last shard: writes MANIFEST.json. Error: duplicate_record.
  StoreSummary finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace scar::data
