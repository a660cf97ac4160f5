#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace scar::ingest {

/// A real matrix of class double, column by column.
struct Mat5Matrix {
  std::size_t rows = 0, columns = 0;
  std::vector<double> values;
};

/// The variables of a MATLAB 5 file, low byte first, with compressed parts or without; of them what CPSC2018 needs, a
/// matrix in a 1 x 1 struct. Every size that the file states is held against the bytes that are there before memory is
/// taken; the elements must fill the file exactly, and compressed ones must be whole.
///
/// Errors, at `origin`: mat_invalid.
class Mat5File {
 public:
  /// `bytes` must outlive the object. All compressed parts together may grow to `max_inflated` bytes.
  Mat5File(std::string_view bytes, std::string origin, std::size_t max_inflated);

  /// Field `field` of the struct `variable`, whose rows and columns must be `rows` and 1 to `max_columns`.
  [[nodiscard]] Mat5Matrix matrix(std::string_view variable, std::string_view field, std::size_t rows,
                                  std::size_t max_columns) const;

 private:
  std::string origin_;
  std::vector<std::string> inflated_;        // what `variables_` of compressed parts look into
  std::vector<std::string_view> variables_;  // the contents of the top-level arrays
};

}  // namespace scar::ingest
