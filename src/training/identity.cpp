#include "identity.h"

#include <ATen/Context.h>
#include <ATen/native/DispatchStub.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "scar/core/log.h"
#include "scar/core/version.h"
#include "scar/data/store/signal_form.h"
#include "scar/model/weights.h"
#include "scar/training/checkpoint.h"
#include "scar/training/trained_on.h"

namespace scar::training {

namespace fs = std::filesystem;

namespace {

// Keys that change what is printed or kept, not one number of the training.
const std::vector<std::string>& harmless_keys() {
  static const std::vector<std::string> keys{"train.keep", "data.workers", "data.kept_apart", "data.allow_shared"};
  return keys;
}

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

/// How the signals were prepared, for records that the run will be asked about; null where its stores differ in that.
Json form_of(const data::StoreSet& stores) {
  const auto form = data::signal_form(stores.stores().front().info());
  for (const auto& store : stores.stores()) {
    if (!(data::signal_form(store.info()) == form)) return nullptr;
  }
  return data::to_json(form);
}

}  // namespace

Json make_identity(const TrainOptions& options, const Corpus& corpus, int threads, tensor::Precision precision,
                   c10::Device device) {
  Json json;
  json["format"] = 1;
  json["seed"] = options.seed;
  std::string manifests;
  for (const auto& store : corpus.stores->stores())
    manifests += cat(manifests.empty() ? "" : " ", store.manifest_hash());
  json["store_manifest_sha256"] = manifests;
  json["vocabulary_sha256"] = corpus.tokenizer->sha256();
  json["train_records"] = corpus.train.size();
  json["validation_records"] = corpus.validation.size();
  json["threads"] = threads;
  json["precision"] = tensor::precision_name(precision);
  json["device"] = device.is_cuda() ? "cuda" : "cpu";
  json["cpu_capability"] = at::get_cpu_capability();
  return json;
}

void write_identity(const RunPaths& paths, const TrainOptions& options, const Json& identity, const Corpus& corpus) {
  auto copy = options;
  write_file_atomically(paths.config(), FieldTable(copy).to_yaml());
  std::string excluded = "record\treason\tstore\n";
  for (const auto& [record, reason] : corpus.left_out) {
    excluded +=
        cat(corpus.stores->id(record), "\t", reason, "\t", corpus.stores->store_of(record).folder().string(), "\n");
  }
  write_file_atomically(paths.directory / "excluded.tsv", excluded);
  save_trained_on(paths.trained_on(), *corpus.stores, corpus.train);
  auto json = identity;
  json["candidates"] = corpus.candidates;
  json["excluded"] = corpus.left_out.size();
  json["validation_unused"] = corpus.validation_unused;
  for (const auto& store : corpus.stores->stores()) json["store"].push_back(fs::absolute(store.folder()).string());
  json["signal"] = form_of(*corpus.stores);
  json["scar"] = cat(version(), " (", revision(), ")");
  write_file_atomically(paths.identity(), json.dump(2) + "\n");
}

void check_identity(const RunPaths& paths, TrainOptions& options, const Json& identity,
                    const std::vector<std::string>& allowed) {
  auto before = read_options(paths.config());
  const FieldTable old_fields(before), new_fields(options);
  Problems problems;
  bool changed = false;
  for (const auto& field : new_fields.fields()) {
    const auto* old_field = old_fields.find(field.key);
    if (old_field->value() == field.value()) continue;
    changed = true;
    if (contains(harmless_keys(), field.key) || contains(allowed, field.key)) continue;
    problems.add(
        {.code = Code::identity_changed,
         .what = cat("'", field.key, "' is not what this run was started with"),
         .where = paths.config().string(),
         .got = field.value(),
         .wanted = old_field->value(),
         .hint = cat("give the old value, start anew in another --run-dir, or say --allow-changed ", field.key)});
  }
  auto stored = read_json(paths.identity(), static_cast<int>(Code::checkpoint_corrupt));
  const auto before_change = stored;
  for (const auto& [key, value] : identity.items()) {
    const auto old = stored.value(key, Json());
    stored[key] = value;
    if (old == value || contains(allowed, key)) continue;
    problems.add({.code = key == "vocabulary_sha256" ? Code::vocabulary_changed : Code::identity_changed,
                  .what = cat("'", key, "' is not what this run was started with"),
                  .where = paths.identity().string(),
                  .got = value.dump(),
                  .wanted = old.dump(),
                  .hint = cat("the run cannot go on bit for bit; if that is meant, say --allow-changed ", key)});
  }
  problems.throw_if_any();
  if (changed) write_file_atomically(paths.config(), new_fields.to_yaml());
  if (stored != before_change) write_file_atomically(paths.identity(), stored.dump(2) + "\n");
}

void init_weights(model::DualEncoder& model, const std::string& from) {
  fs::path weights = from;
  if (fs::is_directory(weights)) {
    const RunPaths run(weights);
    if (checkpoint_step(weights) >= 0) {
      weights /= "model.safetensors";
    } else {
      fs::path checkpoint;
      std::vector<std::string> passed_over;
      if (fs::exists(run.best())) {
        const auto best = read_json(run.best(), static_cast<int>(Code::checkpoint_corrupt));
        checkpoint = run.checkpoints() / best.value("checkpoint", std::string("none"));
      } else {
        checkpoint = latest_checkpoint(run.checkpoints(), passed_over);
      }
      weights = checkpoint / "model.safetensors";
    }
  }
  // A masker on one side only is no mismatch: it is a switch of the game, not of the towers.
  auto given = tensor::load_safetensors(weights).tensors;
  const auto own = model::named_tensors(model);
  for (const auto& [name, value] : own) {
    if (name.rfind("masker.", 0) == 0 && given.find(name) == given.end()) given[name] = value;
  }
  for (auto it = given.begin(); it != given.end();) {
    it = it->first.rfind("masker.", 0) == 0 && own.find(it->first) == own.end() ? given.erase(it) : std::next(it);
  }
  model::load_weights(model, given, weights.string());
  log::info(cat("weights from ", weights.string()));
}

}  // namespace scar::training
