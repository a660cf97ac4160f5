#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "scar/core/json.h"
#include "scar/tensor/safetensors.h"

/// What files of scores have in common, whatever was measured: a safetensors file whose metadata hold one JSON document
/// under "scar_scores" with "format": "scar-scores", "version" and "kind". docs/metrics.md lists the members.
namespace scar::evaluation {

/// Adds format and version to the document and writes the file atomically. Errors: write_failed, disk_full, permission.
void save_scores_document(const std::filesystem::path& path, const std::string& kind, Json document,
                          const tensor::NamedTensors& tensors);

/// Reads such a file and answers for what it holds: it may come from anywhere. Every complaint is
/// Error(data_unreadable) naming the file; a missing file is data_missing.
class ScoresReader {
 public:
  explicit ScoresReader(const std::filesystem::path& path);

  [[nodiscard]] const std::string& origin() const { return origin_; }
  [[nodiscard]] const std::string& kind() const { return kind_; }
  [[nodiscard]] const Json& document() const { return *document_; }

  [[noreturn]] void fail(const std::string& what, const std::string& got = {}, const std::string& wanted = {}) const;
  /// A member of an object of the document; `where` names the object in messages.
  [[nodiscard]] const Json& member(const Json& object, const std::string& name, const std::string& where = {}) const;
  [[nodiscard]] std::string text(const Json& object, const std::string& name, const std::string& where = {}) const;
  [[nodiscard]] std::vector<std::string> texts(const Json& object, const std::string& name,
                                               const std::string& where = {}) const;
  [[nodiscard]] std::vector<std::string> unique_texts(const Json& object, const std::string& name) const;

  /// Values of a tensor of that name, type (I64, U8, F64) and number of dimensions; shape[i] < 0 takes any size.
  [[nodiscard]] std::vector<std::int64_t> whole_numbers(const std::string& name, std::vector<std::int64_t> shape,
                                                        std::int64_t low, std::int64_t high) const;  // low <= x <= high
  [[nodiscard]] std::vector<std::uint8_t> bytes(const std::string& name, std::vector<std::int64_t> shape) const;
  [[nodiscard]] std::vector<std::uint8_t> bits(const std::string& name, std::vector<std::int64_t> shape) const;
  [[nodiscard]] std::vector<double> numbers(const std::string& name, std::vector<std::int64_t> shape, double low,
                                            double high) const;  // finite, within the range

 private:
  [[nodiscard]] const at::Tensor& tensor(const std::string& name, at::ScalarType type,
                                         const std::vector<std::int64_t>& shape) const;

  std::string origin_, kind_;
  std::shared_ptr<const Json> document_;
  tensor::NamedTensors tensors_;
};

[[nodiscard]] at::Tensor to_tensor(const std::vector<std::int64_t>& values);
[[nodiscard]] at::Tensor to_tensor(const std::vector<std::uint8_t>& values, std::int64_t columns = 0);  // 0: one row
[[nodiscard]] at::Tensor to_tensor(const std::vector<double>& values, std::int64_t columns = 0);

}  // namespace scar::evaluation
