#pragma once

#include <cstddef>
#include <string>

#include "hdf5_file.h"

namespace scar::data {

/// Keeps HDF5 from printing its error stack; to be called by each thread before its first call of HDF5.
void silence_hdf5();

/// What HDF5's error stack says at its deepest place, which is where it began.
[[nodiscard]] std::string hdf5_message();

/// UTF-8 text of a fixed number of bytes, padded with zeros. Variable-length text would lie in a heap of its own, whose
/// bytes are not ours to fix.
[[nodiscard]] Hdf5Handle text_type(std::size_t bytes);

}  // namespace scar::data
