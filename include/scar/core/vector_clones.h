#pragma once

/// Before a function of plain loops: compiles it for several processors; the fitting one is taken at run time.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define SCAR_VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define SCAR_VECTOR_CLONES
#endif
