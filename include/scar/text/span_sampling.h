#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace scar::text {

/// A contiguous span of words of a text, for training: prompts are short phrases and reports are long, so a text tower
/// must see both (docs/method.md, "Text encoder").
///
/// Words are what blanks separate; W is their number. With `probability` (in [0, 1]) and W > 3: a length L uniform over
/// 3..W, then a start uniform over the W - L + 1 possible ones; the words keep the blanks between them as written. Else
/// the whole text, unchanged. So texts of up to 3 words are never cut, and cuts fall between words only, never inside a
/// UTF-8 character. A pure function of (text, probability, seed, epoch, record): nothing to save, any order of calls,
/// any thread.
[[nodiscard]] std::string sample_span(std::string_view text, double probability, std::uint64_t seed, std::int64_t epoch,
                                      std::int64_t record);

}  // namespace scar::text
