#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "scar/data/loader.h"
#include "scar/model/ecg_encoder.h"

namespace scar::training {

/// What the encoder reads, on `device`: signal [B, 12, samples] in mV, 0 where missing, and visible [B, 12, samples /
/// patch]. A device gets the samples as they are stored, half the bytes, and makes millivolts itself; the numbers are
/// those of data::decode_mv to the last bit wherever it is done. The result owns its memory; copies from pinned memory
/// may still be under way on the current stream.
[[nodiscard]] model::EcgInput ecg_input(const data::Batch& batch, std::int64_t samples, std::int64_t patch,
                                        c10::Device device);

/// data::decode_mv by tensor operations: stored [B, 12, T] int16 and scale_mv [B] float of one device -> [B, 12, T]
/// float there.
[[nodiscard]] at::Tensor millivolts(const at::Tensor& stored, const at::Tensor& scale_mv);

}  // namespace scar::training
