#include "sentencepiece_vocab.h"

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <unordered_map>
#include <utility>

#include "charsmap_check.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/text/tokenizer.h"

namespace scar::text {

namespace {

constexpr int kSilent = 4;  // above sentencepiece's FATAL: its lines on stderr would meet the progress line

Error invalid(const std::string& what, const std::string& origin) {
  return Error(Code::vocabulary_invalid, what).at(origin);
}

/// A status without the "file.cc(line) [condition]" that sentencepiece puts in front of some messages.
std::string reason(const sentencepiece::util::Status& status) {
  std::string text = status.error_message();
  const auto bracket = text.find("] ");
  if (bracket != std::string::npos && text.find(".cc(") < bracket) text.erase(0, bracket + 2);
  return text;
}

}  // namespace

struct SentencePieceVocab::Processor {
  sentencepiece::SentencePieceProcessor processor;
};

SentencePieceVocab::SentencePieceVocab(const std::string& bytes, const std::string& origin)
    : processor_(std::make_unique<Processor>()) {
  const std::string hint = "copy the vocabulary again, or make one: scar-prepare tokenizer";
  if (bytes.empty()) throw invalid("the vocabulary is empty", origin).wanted("a sentencepiece model").hint(hint);
  if (bytes.size() > Tokenizer::kMaxModelBytes) {
    throw invalid("the vocabulary is too large", origin)
        .got(cat(bytes.size(), " bytes"))
        .wanted(cat("at most ", Tokenizer::kMaxModelBytes, " bytes"));
  }
  if (const auto problem = charsmap_problem(bytes); !problem.empty()) {
    throw invalid("the vocabulary's character table is damaged", origin).got(problem).hint(hint);
  }
  sentencepiece::SetMinLogLevel(kSilent);
  auto& processor = processor_->processor;
  const auto status = processor.LoadFromSerializedProto(bytes);
  if (!status.ok()) {
    throw invalid("this is not a sentencepiece model, or it is cut short", origin)
        .got(cat(bytes.size(), " bytes; ", reason(status)))
        .hint(hint);
  }
  const int size = processor.GetPieceSize();
  if (size < 2 || size > Tokenizer::kMaxPieces) {
    throw invalid("the vocabulary has an unusable number of pieces", origin)
        .got(cat(size))
        .wanted(cat("2 to ", Tokenizer::kMaxPieces));
  }
  // A damaged model can load and then fail at its first text.
  std::vector<int> ids;
  const auto encoded = processor.Encode("ecg 1 \xC3\xA4", &ids);
  bool usable = encoded.ok() && !ids.empty() && processor.unk_id() >= 0 && processor.unk_id() < size;
  for (const int id : ids) usable = usable && id >= 0 && id < size;
  if (!usable) throw invalid("the vocabulary cannot encode a text", origin).got(reason(encoded)).hint(hint);
}

SentencePieceVocab::~SentencePieceVocab() = default;

std::vector<std::int32_t> SentencePieceVocab::encode(std::string_view text) const {
  std::vector<int> ids;
  const auto status = processor_->processor.Encode({text.data(), text.size()}, &ids);
  if (!status.ok()) throw Error(Code::vocabulary_invalid, "the vocabulary cannot encode a text").got(reason(status));
  return {ids.begin(), ids.end()};
}

std::vector<std::string> SentencePieceVocab::pieces(std::string_view text) const {
  std::vector<std::string> pieces;
  const auto status = processor_->processor.Encode({text.data(), text.size()}, &pieces);
  if (!status.ok()) throw Error(Code::vocabulary_invalid, "the vocabulary cannot encode a text").got(reason(status));
  return pieces;
}

std::string SentencePieceVocab::decode(const std::vector<std::int32_t>& ids) const {
  for (const auto id : ids) {
    if (id < 0 || id >= size()) {
      throw Error(Code::internal, "id is not in the vocabulary").got(cat(id)).wanted(cat("0 to ", size() - 1));
    }
  }
  std::string text;
  const auto status = processor_->processor.Decode(std::vector<int>(ids.begin(), ids.end()), &text);
  if (!status.ok()) throw Error(Code::internal, "the vocabulary cannot decode ids").got(reason(status));
  return text;
}

int SentencePieceVocab::size() const { return processor_->processor.GetPieceSize(); }
int SentencePieceVocab::pad_id() const { return processor_->processor.pad_id(); }
int SentencePieceVocab::unk_id() const { return processor_->processor.unk_id(); }
int SentencePieceVocab::bos_id() const { return processor_->processor.bos_id(); }
int SentencePieceVocab::eos_id() const { return processor_->processor.eos_id(); }

std::string train_sentencepiece(const std::vector<std::string>& texts, const SentencePieceTraining& options) {
  sentencepiece::SetMinLogLevel(kSilent);
  const std::unordered_map<std::string, std::string> arguments = {
      {"model_type", options.type},
      {"vocab_size", cat(options.vocabulary_size)},
      {"hard_vocab_limit", "false"},  // few texts support few pieces; the size that comes out is reported
      {"byte_fallback", cat(options.byte_fallback)},
      {"character_coverage", "1.0"},
      {"normalization_rule_name", "identity"},  // texts are normalised before they come here
      {"remove_extra_whitespaces", "true"},
      {"add_dummy_prefix", "true"},
      {"max_sentence_length", "1048576"},
      {"shuffle_input_sentence", "false"},
      {"num_threads", "1"},  // sums of floats depend on the number of threads, and with them the model's bytes
      {"pad_id", "0"},
      {"unk_id", "1"},
      {"bos_id", "2"},
      {"eos_id", "3"},
      {"minloglevel", cat(kSilent)},
  };
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(arguments, texts, &model);
  if (!status.ok()) {
    throw Error(Code::vocabulary_invalid, "training the vocabulary failed")
        .got(reason(status))
        .hint("a larger tokenizer.vocabulary_size, or more texts");
  }
  return model;
}

}  // namespace scar::text
