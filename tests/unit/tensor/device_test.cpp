#include <string>

#include <gtest/gtest.h>

#include "scar/core/error.h"
#include "scar/tensor/plugin.h"

namespace scar::tensor {
namespace {

Code code_of(const std::string& device) {
  try {
    (void)resolve_device(device);
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), 7);
    EXPECT_NE(std::string(error.what()).find(device), std::string::npos);
    return error.code();
  }
  return Code{};
}

TEST(Device, CpuIsAlwaysThere) {
  EXPECT_TRUE(resolve_device("cpu").is_cpu());
  EXPECT_EQ(describe_device(c10::kCPU).substr(0, 3), "CPU");
}

TEST(Device, UnknownNamesAreRefused) {
  for (const char* name :
       {"", "gpu", "CPU", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda:99999999999", "cpu:0", "mps"}) {
    EXPECT_EQ(code_of(name), Code::device_unknown) << name;
  }
}

TEST(Device, AMissingGpuEndsInOneMessageAndAutoInTheCpu) {
  // No machine has 128 of them: with a plug-in the device is missing, without one the plug-in is.
  const auto code = code_of("cuda:127");
  EXPECT_EQ(code, load_cuda_plugin().empty() ? Code::device_unavailable : Code::plugin_missing);
  if (code == Code::plugin_missing) {
    EXPECT_TRUE(resolve_device("auto").is_cpu());
  }
}

}  // namespace
}  // namespace scar::tensor
