#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// The wall around sentencepiece: no other file knows its types. It can end the process (error.cc) and it logs by
/// itself, so here only calls that return a Status are used, inputs are checked first, and its log is silent.
namespace scar::text {

/// A sentencepiece model, const after construction.
class SentencePieceVocab {
 public:
  /// Throws Error(vocabulary_invalid), naming `origin`.
  SentencePieceVocab(const std::string& bytes, const std::string& origin);
  ~SentencePieceVocab();
  SentencePieceVocab(const SentencePieceVocab&) = delete;
  SentencePieceVocab& operator=(const SentencePieceVocab&) = delete;

  [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text) const;
  [[nodiscard]] std::vector<std::string> pieces(std::string_view text) const;
  [[nodiscard]] std::string decode(const std::vector<std::int32_t>& ids) const;
  [[nodiscard]] int size() const;
  [[nodiscard]] int pad_id() const;
  [[nodiscard]] int unk_id() const;
  [[nodiscard]] int bos_id() const;
  [[nodiscard]] int eos_id() const;

 private:
  struct Processor;
  std::unique_ptr<Processor> processor_;
};

struct SentencePieceTraining {
  std::string type;  // "unigram" or "bpe"
  std::int64_t vocabulary_size = 0;
  bool byte_fallback = false;
};

/// Bytes of a model. `texts`: checked, not empty, in a fixed order. Throws Error(vocabulary_invalid).
[[nodiscard]] std::string train_sentencepiece(const std::vector<std::string>& texts,
                                              const SentencePieceTraining& options);

}  // namespace scar::text
