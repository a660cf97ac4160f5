#include "scar/tensor/plugin.h"

#include <dlfcn.h>

#include <charconv>
#include <filesystem>
#include <system_error>
#include <vector>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::tensor {

namespace {

constexpr const char* kPluginName = "libscar_cuda.so";

std::string open_plugin() {
  std::error_code failure;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", failure);
  if (failure) return cat("cannot find the folder of this program: ", failure.message());
  const auto folder = program.parent_path();
  for (const auto& path : {folder / kPluginName, folder.parent_path() / "lib" / kPluginName}) {
    if (!std::filesystem::exists(path, failure)) continue;
    if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr) return {};
    const char* reason = dlerror();
    return cat(path.string(), ": ", reason != nullptr ? reason : "unknown reason");
  }
  return cat("no ", kPluginName, " in ", folder.string(), " or ", (folder.parent_path() / "lib").string());
}

int cuda_devices() { return at::hasCUDA() ? static_cast<int>(at::detail::getCUDAHooks().deviceCount()) : 0; }

/// The number of "cuda:N"; 0 for "cuda"; -1 if the name is no CUDA device.
int cuda_number(const std::string& name) {
  if (name == "cuda") return 0;
  if (!name.starts_with("cuda:")) return -1;
  int number = -1;
  const char* end = name.data() + name.size();
  const auto result = std::from_chars(name.data() + 5, end, number);
  return result.ec == std::errc() && result.ptr == end && number >= 0 && number < 128 ? number : -1;
}

}  // namespace

const std::string& load_cuda_plugin() {
  static const std::string reason = open_plugin();
  return reason;
}

c10::Device resolve_device(const std::string& name) {
  if (name == "cpu") return c10::kCPU;
  if (name == "auto") {
    return load_cuda_plugin().empty() && cuda_devices() > 0 ? c10::Device(c10::kCUDA, 0) : c10::Device(c10::kCPU);
  }
  const int number = cuda_number(name);
  if (number < 0) {
    throw Error(Code::device_unknown, cat("unknown device '", name, "'")).wanted("auto, cpu, cuda or cuda:<number>");
  }
  if (const auto& reason = load_cuda_plugin(); !reason.empty()) {
    throw Error(Code::plugin_missing, cat("device '", name, "' needs scar's CUDA plug-in, which is not there"))
        .got(reason)
        .hint("build with -DSCAR_CUDA=ON against the full torch wheel (scripts/setup.sh --cuda), or use --device cpu");
  }
  if (const int devices = cuda_devices(); number >= devices) {
    throw Error(Code::device_unavailable, cat("device '", name, "' is not there"))
        .got(devices == 0 ? std::string("no usable CUDA device") : cat(devices, " CUDA devices"))
        .hint("check the driver with nvidia-smi, or use --device cpu");
  }
  return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(number));
}

std::string describe_device(c10::Device device) {
  if (device.is_cuda()) return device.str();
  return cat("CPU, ", at::get_num_threads(), at::get_num_threads() == 1 ? " thread, " : " threads, ",
             at::get_cpu_capability());
}

}  // namespace scar::tensor
