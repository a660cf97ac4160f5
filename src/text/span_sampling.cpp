#include "scar/text/span_sampling.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "scar/core/random.h"

namespace scar::text {

std::string sample_span(std::string_view text, double probability, std::uint64_t seed, std::int64_t epoch,
                        std::int64_t record) {
  constexpr std::size_t kShortest = 3;
  // The numbers are drawn in a fixed order whatever the text, so that the choice for one record never depends on
  // another.
  CounterRandom random(seed, "text-span", static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(record));
  if (!random.chance(probability)) return std::string(text);

  std::vector<std::pair<std::size_t, std::size_t>> words;  // begin, end; blanks are ASCII, so no character is cut
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == ' ') {
      ++i;
      continue;
    }
    std::size_t end = text.find(' ', i);
    if (end == std::string_view::npos) end = text.size();
    words.emplace_back(i, end);
    i = end;
  }
  if (words.size() <= kShortest) return std::string(text);
  const std::size_t length = kShortest + static_cast<std::size_t>(random.below(words.size() - kShortest + 1));
  const std::size_t first = static_cast<std::size_t>(random.below(words.size() - length + 1));
  const std::size_t begin = words[first].first;
  return std::string(text.substr(begin, words[first + length - 1].second - begin));
}

}  // namespace scar::text
