#include <iostream>
#include <optional>

#include <nlohmann/json.hpp>

#include "eval_verb.h"
#include "evaluation_inputs.h"
#include "evaluation_scores.h"
#include "scar/apps/arguments.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/log.h"
#include "scar/core/stop_flag.h"
#include "scar/data/store/feature_file.h"
#include "scar/data/store/splits.h"
#include "scar/evaluation/embed.h"
#include "scar/evaluation/missingness.h"

namespace scar::apps {

namespace {

using namespace evaluation;

constexpr const char* kExample = "scar-eval embed runs/tiny --data stores/synth --out embeddings.h5";

struct EmbedFlags : ModelFlags {
  std::string store, split = "all", features = "embedding", mask, out;
  long long seed = 0;
};

/// Attributes of the file: what decides its numbers, and nothing that differs between two makings of the same file.
std::vector<std::pair<std::string, std::string>> about(const EvaluationInputs& inputs, const EvaluationSplit& split,
                                                       FeatureKind kind, const RecordMasks* masks) {
  std::vector<std::pair<std::string, std::string>> out = {{"features", features_name(kind)}};
  const auto identity = model_identity(inputs.run, inputs.precision);
  for (const auto& [name, value] : identity.items())
    out.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
  out.emplace_back("manifest_sha256", inputs.store.manifest_hash());
  out.emplace_back("folds", join(split.folds));
  out.emplace_back("mask", masks == nullptr ? "" : masks->spec.text());
  out.emplace_back("mask_sha256", masks == nullptr ? "" : masks->hash);
  out.emplace_back("mask_seed", masks == nullptr ? "" : cat(masks->seed));
  return out;
}

int embed_command(const EmbedFlags& flags, const Arguments& arguments) {
  const auto kind = parse_features(flags.features);
  std::optional<data::MaskSpec> spec;
  if (!flags.mask.empty()) spec = data::parse_mask(flags.mask);
  check_can_save(flags.out, "--out");
  install_stop_handlers();
  const auto inputs = load_model_and_store(flags, flags.store);
  auto& model = *inputs.run.model;
  const auto patch = model.options().ecg.patch_samples;
  const auto split = flags.split == "all" ? EvaluationSplit{"all", folds_present(inputs.store), "all folds"}
                                          : choose_split(inputs.store, flags.split);
  const auto records = data::select_folds(inputs.store, split.folds);
  RecordMasks masks;
  if (spec) masks = make_record_masks(inputs.store, records, *spec, static_cast<std::uint64_t>(flags.seed), patch);

  data::FeatureFileHead head;
  head.columns = kind == FeatureKind::embedding ? model.options().embedding : model.options().width;
  for (const auto record : records) {
    head.ids.push_back(inputs.store.id(record));
    head.folds.push_back(inputs.store.fold(record));
  }
  head.about = about(inputs, split, kind, spec ? &masks : nullptr);
  data::FeatureFileWriter file(flags.out, head);

  EmbedOptions options;
  options.device = inputs.device;
  options.precision = inputs.precision;
  options.batch = flags.batch;
  options.features = kind;
  std::vector<std::string> empty;
  const auto write = [&](const EmbeddedBatch& batch) {
    if (stop_signal() != 0) return false;
    const auto rows = batch.features.size(0);
    file.append(batch.features.data_ptr<float>(), batch.empty.data(), rows);
    for (std::int64_t i = 0; i < rows; ++i) {
      if (batch.empty[static_cast<std::size_t>(i)] != 0)
        empty.push_back(head.ids[static_cast<std::size_t>(batch.first + i)]);
    }
    log::progress(cat("embedded ", batch.first + rows, "/", records.size(), " records"));
    return true;
  };
  for_each_embedded_batch(model, inputs.store, records, options, write,
                          spec ? removal_by(masks, patch) : RemoveTokens{});
  log::end_progress();
  if (stop_signal() != 0) return 128 + stop_signal();  // nothing to save: the file begins anew
  file.commit();

  auto document = result_head("embed", inputs, arguments);
  document["file"] = flags.out;
  document["features"] = {{"kind", features_name(kind)}, {"columns", head.columns}};
  document["split"] = {{"name", split.name}, {"folds", split.folds}, {"rule", split.rule}};
  document["mask"] = spec ? Json{{"spec", spec->text()}, {"seed", masks.seed}, {"sha256", masks.hash}} : Json(nullptr);
  document["records"] = {
      {"n_in", records.size()}, {"n_embedded", records.size() - empty.size()}, {"nothing_visible", empty}};
  if (arguments.json()) {
    std::cout << document.dump(2) << "\n";
    return 0;
  }
  std::cout << "embed " << flags.store << ", " << split.rule << ": " << records.size()
            << " records = " << records.size() - empty.size() << " embedded + " << empty.size()
            << " with nothing visible\n"
            << features_name(kind) << ": " << records.size() << " x " << head.columns << " float32\nfile: " << flags.out
            << "\n";
  return 0;
}

class EmbedVerb final : public Verb {
 public:
  explicit EmbedVerb(Arguments& arguments)
      : Verb(
            arguments.verb("embed", "Embeddings of a store's records, as an HDF5 file for other programs.", kExample)) {
    flags_.declare(command_);
    command_.option("--data", flags_.store, "store made by scar-prepare", true);
    command_.option("--split", flags_.split, "all | test | validation | train | auto, or folds: 8 or 7,8");
    command_.option("--features", flags_.features,
                    "embedding: what is aligned with texts, unit length; pooled: tokens pooled by their weights, "
                    "before the projection");
    command_.option("--mask", flags_.mask, cat("remove evidence first: ", data::mask_grammar()));
    command_.option("--seed", flags_.seed, "of the masks");
    command_.option("--out", flags_.out, "the HDF5 file", true);
  }
  int run(const Arguments& arguments) override { return embed_command(flags_, arguments); }

 private:
  EmbedFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> embed_verb(Arguments& arguments) { return std::make_unique<EmbedVerb>(arguments); }

}  // namespace scar::apps
