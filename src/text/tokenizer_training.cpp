#include "scar/text/tokenizer_training.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "scar/text/tokenizer.h"
#include "sentencepiece_vocab.h"
#include "unicode.h"

namespace scar::text {

namespace {

// Texts that hold these would be cut at them, or end sentencepiece's process if nothing else is left.
constexpr std::array<std::string_view, 7> kReserved = {
    "<pad>", "<unk>", "<s>", "</s>", "\t", "\xE2\x96\x81" /* U+2581 */, "\xE2\x96\x85" /* U+2585 */};

void check_text(const std::string& text, std::size_t index) {
  const auto where = cat("text ", index + 1);
  check_utf8(text, where);
  if (text.size() > kMaxTrainingTextBytes) {
    throw Error(Code::vocabulary_invalid, "a text is too long to train a vocabulary on")
        .at(where)
        .got(cat(text.size(), " bytes"))
        .wanted(cat("at most ", kMaxTrainingTextBytes));
  }
  for (const auto piece : kReserved) {
    if (text.find(piece) == std::string::npos) continue;
    throw Error(Code::vocabulary_invalid, "a text holds a piece that the vocabulary reserves")
        .at(where)
        .got(cat("'", piece, "'"))
        .hint("remove it from the texts");
  }
}

}  // namespace

TrainedTokenizer train_tokenizer(const std::vector<std::string>& texts, const TokenizerOptions& options) {
  std::vector<std::string> used;
  used.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    check_text(texts[i], i);
    if (texts[i].find_first_not_of(' ') != std::string::npos) used.push_back(texts[i]);
  }
  if (used.empty()) {
    throw Error(Code::vocabulary_invalid, "there are no texts to train a vocabulary on")
        .got(cat(texts.size(), " texts, none with content"));
  }
  std::sort(used.begin(), used.end());

  SentencePieceTraining training{options.type, options.vocabulary_size, options.byte_fallback};
  TrainedTokenizer result;
  result.bytes = train_sentencepiece(used, training);
  result.texts = static_cast<std::int64_t>(used.size());
  result.vocabulary_size = Tokenizer::from_bytes(result.bytes, "the vocabulary just trained").vocabulary_size();
  return result;
}

int train(const std::vector<std::string>& texts, const TokenizerOptions& options,
          const std::filesystem::path& out_path) {
  const auto trained = train_tokenizer(texts, options);
  write_file_atomically(out_path, trained.bytes);
  return trained.vocabulary_size;
}

}  // namespace scar::text
