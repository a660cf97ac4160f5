#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace scar::data {

/// What a feature file holds beside the features.
struct FeatureFileHead {
  std::int64_t columns = 0;                                // D
  std::vector<std::string> ids;                            // [n] record of each row
  std::vector<std::int32_t> folds;                         // [n]
  std::vector<std::pair<std::string, std::string>> about;  // what made the features: attributes of the root, in order
};

/// Writes features of records for other programs: one HDF5 file with the datasets `embedding` float32 [n, D], `id`
/// (UTF-8 text of a fixed length, padded with zeros) [n], `fold` int32 [n] and `empty` uint8 [n], and with the root
/// attributes `format` "scar-embeddings", `version` 1 and those of the head (docs/store-format.md). Equal input gives
/// equal bytes. Rows go to the disk as they come; ids and folds are all that is in memory. The file appears whole, at
/// commit(), or not at all. One thread.
class FeatureFileWriter {
 public:
  /// Errors: disk_full if the file will not fit, write_failed, permission.
  FeatureFileWriter(const std::filesystem::path& path, const FeatureFileHead& head);
  ~FeatureFileWriter();  // without commit(): removes what was written
  FeatureFileWriter(const FeatureFileWriter&) = delete;
  FeatureFileWriter& operator=(const FeatureFileWriter&) = delete;

  /// The next rows [count, D] and whether each is `empty`: then its features say nothing and are stored as NaN, so that
  /// nobody takes them for some.
  void append(const float* rows, const std::uint8_t* empty, std::int64_t count);
  /// After as many rows as there are ids.
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace scar::data
