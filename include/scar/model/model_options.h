#pragma once

#include <cstdint>
#include <string>

#include "scar/core/error.h"
#include "scar/core/fields.h"

namespace scar::model {

inline constexpr std::int64_t kLeads = 12;

struct EcgEncoderOptions {
  std::string stem = "conv";        // conv: strided convolutions inside the patch; linear: one matrix
  std::int64_t patch_samples = 50;  // samples per token: 0.5 s at 100 Hz, 100 ms at 500 Hz
  std::int64_t max_patches = 20;    // most tokens per lead; records may be shorter
  std::int64_t stem_channels = 32;  // of the first convolution; the later ones have twice as many
  std::int64_t blocks = 4;
  std::int64_t heads = 4;
  double mlp_ratio = 4.0;  // hidden channels of the feed-forward part / width
  double dropout = 0.0;    // of the residual branches
};
template <class Visitor>
void visit_fields(EcgEncoderOptions& o, Visitor&& visit) {
  visit("stem", o.stem, OneOf{{"conv", "linear"}}, "how a patch becomes a token");
  visit("patch_samples", o.patch_samples, Range{4, 4096}, "samples per token");
  visit("max_patches", o.max_patches, Range{1, 1024}, "most tokens per lead: record length / patch_samples");
  visit("stem_channels", o.stem_channels, Range{4, 512},
        "channels of the first convolution; the later ones have twice as many");
  visit("blocks", o.blocks, Range{1, 64}, "transformer blocks");
  visit("heads", o.heads, Range{1, 64}, "attention heads; must divide model.width");
  visit("mlp_ratio", o.mlp_ratio, Range{0.25, 16}, "hidden channels of the feed-forward part, times the width");
  visit("dropout", o.dropout, Range{0, 0.9}, "dropout of the residual branches");
}

struct TextEncoderOptions {
  std::int64_t width = 0;  // 0: as model.width
  std::int64_t blocks = 4;
  std::int64_t heads = 4;
  double mlp_ratio = 4.0;
  double dropout = 0.1;
  std::int64_t max_tokens = 96;      // longest text in tokens, begin and end marks included
  std::int64_t vocabulary_size = 0;  // from the tokenizer, not from the user
};
template <class Visitor>
void visit_fields(TextEncoderOptions& o, Visitor&& visit) {
  visit("width", o.width, Range{0, 4096}, "channels of the text transformer; 0: as model.width");
  visit("blocks", o.blocks, Range{1, 64}, "transformer blocks");
  visit("heads", o.heads, Range{1, 64}, "attention heads; must divide the width");
  visit("mlp_ratio", o.mlp_ratio, Range{0.25, 16}, "hidden channels of the feed-forward part, times the width");
  visit("dropout", o.dropout, Range{0, 0.9}, "dropout of the residual branches and of the embeddings");
  visit("max_tokens", o.max_tokens, Range{4, 4096}, "longest text in tokens, begin and end marks included");
}

struct MaskerOptions {
  bool enabled = true;  // false: the model has no masker
  std::int64_t width = 64;
  std::int64_t blocks = 2;
  std::int64_t heads = 4;
  bool text = true;  // condition on the report
};
template <class Visitor>
void visit_fields(MaskerOptions& o, Visitor&& visit) {
  visit("enabled", o.enabled, Any{}, "whether the model has a masker");
  visit("width", o.width, Range{8, 4096}, "channels of the masker's transformer");
  visit("blocks", o.blocks, Range{1, 16}, "blocks of the masker's transformer");
  visit("heads", o.heads, Range{1, 64}, "attention heads of the masker; must divide its width");
  visit("text", o.text, Any{}, "condition the masker on the report");
}

struct SelectorOptions {
  std::string kind = "selector";  // selector | mean | cls | attention
  std::int64_t hidden = 0;        // channels of the selector's hidden layer; 0: a linear score
  std::int64_t heads = 4;         // of `attention`
};
template <class Visitor>
void visit_fields(SelectorOptions& o, Visitor&& visit) {
  visit("kind", o.kind, OneOf{{"selector", "mean", "cls", "attention"}}, "how tokens are pooled into one embedding");
  visit("hidden", o.hidden, Range{0, 4096}, "hidden channels of the selector; 0: a linear score");
  visit("heads", o.heads, Range{1, 64}, "heads of attention pooling; must divide model.width");
}

struct ModelOptions {
  std::int64_t width = 256;      // d: channels of the ECG encoder, and of the text encoder unless text.width is set
  std::int64_t embedding = 256;  // D: channels of the shared space
  EcgEncoderOptions ecg;
  TextEncoderOptions text;
  MaskerOptions masker;
  SelectorOptions selector;
};
template <class Visitor>
void visit_fields(ModelOptions& o, Visitor&& visit) {
  visit("width", o.width, Range{8, 4096},
        "channels of the ECG encoder, and of the text encoder unless text.width is set");
  visit("embedding", o.embedding, Range{2, 4096}, "channels of the space that ECG and text share");
  visit.group("ecg", o.ecg);
  visit.group("text", o.text);
  visit.group("masker", o.masker);
  visit.group("selector", o.selector);
}

/// What no single field shows: divisibility of widths by heads. Adds every problem; `prefix` stands before the keys
/// ("model.").
void validate(const ModelOptions& options, Problems& problems, const std::string& prefix = "model.");

/// Fills in what was left open: text.width.
[[nodiscard]] ModelOptions resolve(ModelOptions options);

}  // namespace scar::model
