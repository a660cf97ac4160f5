#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace scar::text {

/// Words in, ids out: a sentencepiece model (unigram or BPE), const after loading. Copies share the model; encode() may
/// be called from several threads. Expects text as normalise() makes it.
class Tokenizer {
 public:
  /// Largest model file that is read, in bytes, and largest number of pieces.
  static constexpr std::uint64_t kMaxModelBytes = std::uint64_t{64} << 20;
  static constexpr int kMaxPieces = 1 << 20;

  /// Reads and checks a model: size bound, parseable, ids in range. Throws Error(vocabulary_invalid) for a file that is
  /// missing, empty, truncated, too large or not such a model.
  [[nodiscard]] static Tokenizer load(const std::filesystem::path& path);
  /// The same from the bytes of a model; `origin` names them in messages.
  [[nodiscard]] static Tokenizer from_bytes(std::string bytes, const std::string& origin);

  /// Ids of a text without begin and end marks. Throws Error(text_not_utf8).
  [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text) const;
  [[nodiscard]] std::vector<std::string> pieces(std::string_view text) const;
  /// Text of the ids; ids out of range are Error(internal).
  [[nodiscard]] std::string decode(const std::vector<std::int32_t>& ids) const;

  [[nodiscard]] int vocabulary_size() const;
  /// -1 where a foreign model has no such piece; models trained by train() have 0, 1, 2, 3.
  [[nodiscard]] int pad_id() const;
  [[nodiscard]] int unk_id() const;
  [[nodiscard]] int bos_id() const;
  [[nodiscard]] int eos_id() const;
  /// SHA-256 of the model's bytes: the identity that checkpoints keep.
  [[nodiscard]] const std::string& sha256() const;
  /// The model file's bytes, to be written into a run directory unchanged.
  [[nodiscard]] const std::string& bytes() const;

 private:
  struct Model;
  explicit Tokenizer(std::shared_ptr<const Model> model) : model_(std::move(model)) {}
  std::shared_ptr<const Model> model_;
};

struct TokenBatch {
  std::vector<std::int64_t> ids;      // [batch, length], row major, padded at the end
  std::vector<std::int64_t> lengths;  // [batch]: ids that are not padding, marks included
  std::int64_t length = 0;            // of the longest row; 0 for an empty batch
};

/// Rows of: begin mark, ids, end mark, padding. A text longer than max_tokens (marks included, at least 3) loses ids at
/// its end and keeps the end mark; a text without ids becomes begin, unknown, end, so that no row is empty of words. A
/// foreign model without begin or end marks goes without them; without a padding piece, rows are padded with the
/// unknown id (the lengths say where).
[[nodiscard]] TokenBatch pad_batch(const Tokenizer& tokenizer, const std::vector<std::string>& texts,
                                   std::int64_t max_tokens);

}  // namespace scar::text
