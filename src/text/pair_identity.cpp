#include "scar/text/pair_identity.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::text {

namespace {

using Words = std::vector<std::uint32_t>;

/// Numbers words in the order in which they come; equal words have equal numbers.
class WordNumbers {
 public:
  Words number(std::string_view text) {
    Words out;
    for (std::size_t i = 0; i < text.size();) {
      std::size_t end = text.find(' ', i);
      if (end == std::string_view::npos) end = text.size();
      const auto word = without_punctuation(text.substr(i, end - i));
      if (!word.empty()) {
        out.push_back(numbers_.try_emplace(word, static_cast<std::uint32_t>(numbers_.size())).first->second);
      }
      i = end + 1;
    }
    return out;
  }
  [[nodiscard]] std::size_t size() const { return numbers_.size(); }

 private:
  static std::string_view without_punctuation(std::string_view word) {
    constexpr std::string_view kMarks = ".,;:!?()[]{}\"'";
    const auto first = word.find_first_not_of(kMarks);
    if (first == std::string_view::npos) return {};
    return word.substr(first, word.find_last_not_of(kMarks) - first + 1);
  }
  std::unordered_map<std::string_view, std::uint32_t> numbers_;  // views of the caller's texts
};

/// Distinct word sequences and, for each text, which of them it is.
struct Distinct {
  std::vector<Words> sequences;
  std::vector<std::vector<std::size_t>> members;  // per sequence: the texts
  std::vector<std::size_t> of;                    // per text: its sequence

  Distinct(WordNumbers& numbers, const std::vector<std::string>& texts) {
    std::map<Words, std::size_t> known;
    of.reserve(texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto [entry, is_new] = known.try_emplace(numbers.number(texts[i]), sequences.size());
      if (is_new) {
        sequences.push_back(entry->first);
        members.emplace_back();
      }
      members[entry->second].push_back(i);
      of.push_back(entry->second);
    }
  }
};

}  // namespace

PairIdentity pair_identity(const std::vector<std::string>& reports, const std::vector<std::string>& spans) {
  if (reports.size() != spans.size()) {
    throw Error(Code::internal, "pair identity needs one span per report")
        .got(cat(spans.size(), " spans"))
        .wanted(cat(reports.size()));
  }
  const std::size_t size = reports.size();
  PairIdentity result;
  result.size = static_cast<std::int64_t>(size);
  result.positive.assign(size * size, 0);
  result.excluded.assign(size * size, 0);

  WordNumbers numbers;
  const Distinct report(numbers, reports);
  const Distinct span(numbers, spans);
  const auto mark = [size](std::vector<std::uint8_t>& matrix, const std::vector<std::size_t>& rows,
                           const std::vector<std::size_t>& columns) {
    for (const auto i : rows) {
      for (const auto j : columns) matrix[i * size + j] = matrix[j * size + i] = 1;
    }
  };
  for (const auto& group : report.members) mark(result.positive, group, group);
  for (std::size_t s = 0; s < span.sequences.size(); ++s) {
    if (!span.sequences[s].empty()) mark(result.positive, span.members[s], span.members[s]);
  }

  std::vector<std::vector<std::size_t>> reports_with(numbers.size());  // per word: distinct reports, ascending
  for (std::size_t r = 0; r < report.sequences.size(); ++r) {
    for (const auto word : report.sequences[r]) {
      if (reports_with[word].empty() || reports_with[word].back() != r) reports_with[word].push_back(r);
    }
  }
  for (std::size_t s = 0; s < span.sequences.size(); ++s) {
    const auto& wanted = span.sequences[s];
    if (wanted.empty()) continue;
    // Only reports that hold the span's rarest word can hold the span.
    const auto rarest = *std::min_element(
        wanted.begin(), wanted.end(), [&](auto a, auto b) { return reports_with[a].size() < reports_with[b].size(); });
    for (const auto r : reports_with[rarest]) {
      const auto& words = report.sequences[r];
      if (std::search(words.begin(), words.end(), wanted.begin(), wanted.end()) == words.end()) continue;
      mark(result.excluded, span.members[s], report.members[r]);
    }
  }
  for (std::size_t k = 0; k < result.excluded.size(); ++k) {
    if (result.positive[k]) result.excluded[k] = 0;
  }
  return result;
}

std::vector<std::int64_t> number_texts(const std::vector<std::string>& texts) {
  WordNumbers numbers;
  const Distinct distinct(numbers, texts);
  return {distinct.of.begin(), distinct.of.end()};
}

}  // namespace scar::text
