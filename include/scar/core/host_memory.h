#pragma once

namespace scar {

/// For a program's start: memory that is freed stays with the process. Every step allocates and frees the same large
/// blocks; given back to the kernel after each use, as the C library does by default, every one of their pages faults
/// again (measured: two thirds of the time of an evaluation on the CPU).
void keep_freed_memory();

}  // namespace scar
