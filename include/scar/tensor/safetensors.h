#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include <ATen/core/Tensor.h>

namespace scar::tensor {

using NamedTensors = std::map<std::string, at::Tensor>;
using Metadata = std::map<std::string, std::string>;

struct SafetensorsFile {
  NamedTensors tensors;  // on the CPU, contiguous, owned
  Metadata metadata;
};

/// Writes a safetensors file (F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL). Tensors may lie on any device and have any
/// strides. Order: size of the element type descending, then name, so equal input gives equal bytes. "format": "pt" is
/// added to the metadata. Checked writes and fsync, no rename: the caller writes into a directory transaction or to a
/// temporary. Throws write_failed, disk_full.
void save_safetensors(const std::filesystem::path& path, const NamedTensors& tensors, const Metadata& metadata = {});

/// Reads a safetensors file. The header is treated as hostile: lengths, offsets (no holes, no overlap, end = file
/// size), shapes (overflow), types, duplicate names are checked before a byte of data is used. Throws weights_invalid
/// with what is wrong, checkpoint_missing if there is no such file. Pickled formats (.pt .pth .ckpt .bin) are refused
/// with a hint.
[[nodiscard]] SafetensorsFile load_safetensors(const std::filesystem::path& path);
/// The same from memory; `origin` names the source in messages.
[[nodiscard]] SafetensorsFile parse_safetensors(std::string_view bytes, const std::string& origin);

}  // namespace scar::tensor
