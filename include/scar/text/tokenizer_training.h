#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "scar/core/fields.h"

namespace scar::text {

struct TokenizerOptions {
  std::string type = "unigram";         // unigram | bpe
  std::int64_t vocabulary_size = 1500;  // pieces, the four special ones included; an upper bound where texts are few
  bool byte_fallback = false;           // characters never seen become bytes (256 more pieces) instead of unknown
};

template <class Visitor>
void visit_fields(TokenizerOptions& o, Visitor&& visit) {
  visit("type", o.type, OneOf{{"unigram", "bpe"}}, "how pieces are chosen");
  visit("vocabulary_size", o.vocabulary_size, Range{16, 64000},
        "pieces wanted; the texts may support fewer, the size that came out is reported");
  visit("byte_fallback", o.byte_fallback, Any{}, "unseen characters become bytes (256 pieces) instead of unknown");
}

inline constexpr std::size_t kMaxTrainingTextBytes = 16384;

struct TrainedTokenizer {
  std::string bytes;        // the model
  int vocabulary_size = 0;  // pieces in it, at most the wanted number
  std::int64_t texts = 0;   // texts it was trained on, repeated ones included
};

/// Trains a sentencepiece model on texts as normalise() makes them; no further normalisation is built into the model.
/// pad 0, unk 1, bos 2, eos 3. Equal texts in any order and equal options give equal bytes: texts are sorted first, one
/// thread, no sampling. A text counts as often as it occurs. Empty texts are passed over. Error(vocabulary_invalid): no
/// texts at all, a text longer than kMaxTrainingTextBytes, one that holds a special piece such as "<s>", or a
/// vocabulary too small for the characters; Error(text_not_utf8).
[[nodiscard]] TrainedTokenizer train_tokenizer(const std::vector<std::string>& texts, const TokenizerOptions& options);

/// Trains, checks the model by loading it, and writes it: `out_path` appears whole or not at all. Returns the size.
int train(const std::vector<std::string>& texts, const TokenizerOptions& options,
          const std::filesystem::path& out_path);

}  // namespace scar::text
