#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace scar::text {

/// Which pairs of a batch say the same (docs/method.md, "Alignment"). Both matrices are [size, size], row major, 0 or
/// 1, symmetric and disjoint.
struct PairIdentity {
  std::int64_t size = 0;
  std::vector<std::uint8_t> positive;  // [i, j]: same whole report, or identical span; 1 on the diagonal
  std::vector<std::uint8_t> excluded;  // [i, j]: not positive, but the span of one occurs in the report of the other
};

/// `reports`: the whole cleaned texts of B records; `spans`: what is used of each (the report itself, or a part). Texts
/// are compared as sequences of words; punctuation at a word's ends (. , ; : ! ? and brackets) does not count, so that
/// "sinus rhythm" is found in "sinus rhythm. normal ecg.". A span without words occurs nowhere. Both lists must be
/// equally long (Error(internal)). About B log B plus the candidate hits of each span's rarest word.
[[nodiscard]] PairIdentity pair_identity(const std::vector<std::string>& reports,
                                         const std::vector<std::string>& spans);

/// Number of what each text says: equal for texts of equal words, as above; 0, 1, ... in the order in which they come.
[[nodiscard]] std::vector<std::int64_t> number_texts(const std::vector<std::string>& texts);

}  // namespace scar::text
