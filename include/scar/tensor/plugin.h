#pragma once

#include <string>

#include <c10/core/Device.h>

namespace scar::tensor {

/// Opens libscar_cuda.so once, from the folder of the program or from ../lib beside it. Must come before anything asks
/// LibTorch about CUDA: its answer is frozen at the first question. Returns "" if it is loaded, else why not.
[[nodiscard]] const std::string& load_cuda_plugin();

/// "cpu"; "cuda" or "cuda:1"; "auto": the first CUDA device if the plug-in is there and sees one, else the CPU.
/// Throws Error: device_unknown (no such name), plugin_missing (CUDA asked for, plug-in absent or not loadable),
/// device_unavailable (no driver, or no device of this number).
[[nodiscard]] c10::Device resolve_device(const std::string& name);

/// "CPU, 2 threads, AVX512" or "cuda:0", for the first screen of a program.
[[nodiscard]] std::string describe_device(c10::Device device);

}  // namespace scar::tensor
