#pragma once

#include <torch/headeronly/version.h>

// The files of this folder call functions that LibTorch does not promise to keep. A newer LibTorch needs them read
// again.
static_assert(TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR == 11, "scar is written for LibTorch 2.11");
