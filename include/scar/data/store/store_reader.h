#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scar/data/ecg_record.h"
#include "scar/data/record_source.h"
#include "scar/data/store/store_format.h"

namespace scar::data {

/// A finished store, opened for reading. Everything but the signals is in memory; signals are read by `pread` past
/// HDF5, each checked against its XXH3. All methods are const and may be called from several threads at once. Records
/// are numbered 0 .. size()-1 in the order of their candidates; one file per shard stays open.
class Store final : public RecordSource {
 public:
  /// Checks the manifest, then the size of every shard, then layout, counts and checksum of all metadata. Errors:
  /// store_missing, store_incomplete, store_version, manifest_invalid, path_escapes_root, data_missing (a shard),
  /// shard_cut_short, shard_invalid, shard_checksum.
  [[nodiscard]] static Store open(const std::filesystem::path& folder);
  ~Store() override;
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;

  [[nodiscard]] const std::filesystem::path& folder() const;
  [[nodiscard]] const StoreInfo& info() const;
  [[nodiscard]] const StoreSummary& summary() const;
  [[nodiscard]] const std::optional<StorePart>& part() const;  // none: the store is whole
  [[nodiscard]] const std::string& manifest_hash()
      const;  // SHA-256 of MANIFEST.json; changes with any byte of the store
  [[nodiscard]] const std::vector<Exclusion>& excluded() const;
  [[nodiscard]] std::int64_t size() const override;
  [[nodiscard]] double rate_hz() const override { return info().rate_hz; }
  [[nodiscard]] std::int64_t samples() const override { return info().samples; }

  [[nodiscard]] const std::string& id(std::int64_t record) const;
  [[nodiscard]] const std::string& patient(std::int64_t record) const;
  [[nodiscard]] const std::string& report(std::int64_t record) const override;
  [[nodiscard]] const std::string& report_raw(std::int64_t record) const;
  [[nodiscard]] const std::string& recorder(std::int64_t record) const;
  [[nodiscard]] const std::string& language(std::int64_t record) const;
  [[nodiscard]] const Background& background(std::int64_t record) const;
  [[nodiscard]] int fold(std::int64_t record) const;
  [[nodiscard]] std::int64_t candidate(
      std::int64_t record) const;  // in the source; synth: the index it is rendered from
  [[nodiscard]] float scale_mv(std::int64_t record) const override;
  [[nodiscard]] std::uint64_t checksum(std::int64_t record) const;  // XXH3 of its samples

  [[nodiscard]] const TaskInfo& task(const std::string& name) const;  // Error task_missing, with the nearest name
  /// Row of labels, [classes of the task]: 0 and 1, or kNotInTask throughout. Error task_missing.
  [[nodiscard]] const std::uint8_t* labels(const std::string& task, std::int64_t record) const;

  [[nodiscard]] bool has_evidence() const;
  [[nodiscard]] int finding_index(const std::string& name) const;  // Error task_missing, with the nearest name
  /// Bitmap over (lead, 250 ms block), bitmap_bytes(info().evidence_blocks) long. Only of a store with evidence.
  [[nodiscard]] const std::uint8_t* primary(std::int64_t record, int finding) const;
  [[nodiscard]] const std::uint8_t* secondary(std::int64_t record, int finding) const;

  /// Samples of a record, out [12, T]. Errors: record_checksum, shard_cut_short, data_unreadable.
  void read(std::int64_t record, std::int16_t* out, std::int64_t coming = -1) const override;

  /// For benchmarks and tools: where a record's samples lie on disk.
  struct Location {
    std::filesystem::path file;
    std::uint64_t offset = 0, bytes = 0;
  };
  [[nodiscard]] Location location(std::int64_t record) const;

 private:
  struct State;
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace scar::data
