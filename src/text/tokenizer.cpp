#include "scar/text/tokenizer.h"

#include <algorithm>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "scar/core/hash.h"
#include "sentencepiece_vocab.h"
#include "unicode.h"

namespace scar::text {

struct Tokenizer::Model {
  Model(std::string model_bytes, const std::string& origin)
      : bytes(std::move(model_bytes)), vocab(bytes, origin), sha256(sha256_hex(bytes)) {}
  std::string bytes;
  SentencePieceVocab vocab;
  std::string sha256;
};

Tokenizer Tokenizer::load(const std::filesystem::path& path) {
  return from_bytes(read_file(path, static_cast<int>(Code::vocabulary_invalid), kMaxModelBytes), path.string());
}

Tokenizer Tokenizer::from_bytes(std::string bytes, const std::string& origin) {
  return Tokenizer(std::make_shared<const Model>(std::move(bytes), origin));
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view text) const {
  check_utf8(text, "text to encode");
  return model_->vocab.encode(text);
}

std::vector<std::string> Tokenizer::pieces(std::string_view text) const {
  check_utf8(text, "text to encode");
  return model_->vocab.pieces(text);
}

std::string Tokenizer::decode(const std::vector<std::int32_t>& ids) const { return model_->vocab.decode(ids); }

int Tokenizer::vocabulary_size() const { return model_->vocab.size(); }
int Tokenizer::pad_id() const { return model_->vocab.pad_id(); }
int Tokenizer::unk_id() const { return model_->vocab.unk_id(); }
int Tokenizer::bos_id() const { return model_->vocab.bos_id(); }
int Tokenizer::eos_id() const { return model_->vocab.eos_id(); }
const std::string& Tokenizer::sha256() const { return model_->sha256; }
const std::string& Tokenizer::bytes() const { return model_->bytes; }

TokenBatch pad_batch(const Tokenizer& tokenizer, const std::vector<std::string>& texts, std::int64_t max_tokens) {
  constexpr std::int64_t kLeast = 3;  // begin, one id, end
  if (max_tokens < kLeast) {
    throw Error(Code::out_of_range, "texts need room for their marks and a word")
        .got(cat("max_tokens ", max_tokens))
        .wanted(cat("at least ", kLeast));
  }
  TokenBatch batch;
  std::vector<std::vector<std::int64_t>> rows;
  rows.reserve(texts.size());
  const bool has_begin = tokenizer.bos_id() >= 0, has_end = tokenizer.eos_id() >= 0;
  const auto room = static_cast<std::size_t>(max_tokens - (has_begin ? 1 : 0) - (has_end ? 1 : 0));
  for (const auto& text : texts) {
    auto ids = tokenizer.encode(text);
    if (ids.empty()) ids.push_back(tokenizer.unk_id());
    if (ids.size() > room) ids.resize(room);
    auto& row = rows.emplace_back();
    if (has_begin) row.push_back(tokenizer.bos_id());
    row.insert(row.end(), ids.begin(), ids.end());
    if (has_end) row.push_back(tokenizer.eos_id());
    batch.lengths.push_back(static_cast<std::int64_t>(row.size()));
    batch.length = std::max(batch.length, batch.lengths.back());
  }
  const std::int64_t padding = tokenizer.pad_id() >= 0 ? tokenizer.pad_id() : tokenizer.unk_id();
  const auto length = static_cast<std::size_t>(batch.length);
  batch.ids.assign(texts.size() * length, padding);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::copy(rows[i].begin(), rows[i].end(), batch.ids.begin() + static_cast<std::ptrdiff_t>(i * length));
  }
  return batch;
}

}  // namespace scar::text
