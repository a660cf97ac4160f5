#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "scar/core/error.h"
#include "scar/core/utf8.h"

/// What must hold for every input. Not assert(): a fuzzer may be built without assertions.
#define FUZZ_CHECK(condition)                                                      \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                \
    }                                                                              \
  } while (false)

namespace scar::fuzz {

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Calls `read`, which may return or throw scar::Error. Any other exception ends the program, and so does an error that
/// speaks of a mistake of ours or that no terminal and no JSON log could show. Returns whether `read` returned.
template <class Read>
bool accepts(Read&& read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    for (const auto& problem : error.problems()) {
      FUZZ_CHECK(exit_status(problem.code) != exit_status(Code::internal));
      FUZZ_CHECK(!problem.what.empty());
      for (const auto* part :
           {&problem.what, &problem.where, &problem.source_line, &problem.got, &problem.wanted, &problem.hint})
        FUZZ_CHECK(is_utf8(*part) && part->find('\0') == std::string::npos);
    }
    return false;
  }
}

}  // namespace scar::fuzz
