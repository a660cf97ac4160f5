#include <algorithm>
#include <iostream>

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <nlohmann/json.hpp>

#include "eval_verb.h"
#include "evaluation_inputs.h"
#include "evaluation_scores.h"
#include "scar/apps/arguments.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/log.h"
#include "scar/data/store/splits.h"
#include "scar/evaluation/embed.h"
#include "scar/evaluation/figure_json.h"
#include "scar/evaluation/missingness.h"
#include "scar/evaluation/results.h"
#include "scar/evaluation/retrieval.h"
#include "scar/evaluation/zero_shot.h"
#include "scar/text/report_cleaning.h"

namespace scar::apps {

namespace {

using namespace evaluation;

constexpr const char* kExample = "scar-eval retrieval runs/tiny --data stores/synth --mask joint:0.5";

struct RetrievalFlags : EvaluationFlags {
  std::vector<std::string> masks;
  std::string split = "auto";
  long long seed = 0, limit = 0;
};

/// Records whose report says something. n_in = records + excluded.
struct Asked {
  std::vector<std::int64_t> records;
  std::vector<ExcludedRecord> excluded;
  std::vector<std::string> reports;
  std::size_t n_in = 0;
};

Asked choose_records(const data::Store& store, const std::vector<int>& folds, long long limit) {
  auto records = data::select_folds(store, folds);
  if (limit > 0) records = first_by_hash(store, std::move(records), limit, 0, "limit", "retrieval");
  Asked out;
  out.n_in = records.size();
  for (const auto record : records) {
    if (text::has_content(store.report(record))) {
      out.records.push_back(record);
      out.reports.push_back(store.report(record));
    } else {
      out.excluded.push_back({store.id(record), "report without content"});
    }
  }
  if (out.records.empty())
    throw Error(Code::split_empty, "no record of the folds has a report").got(cat(out.n_in, " records, all excluded"));
  return out;
}

at::Tensor embed_strings(const EvaluationInputs& inputs, const std::vector<std::string>& strings) {
  constexpr std::size_t kAtOnce = 256;
  std::vector<at::Tensor> rows;
  for (std::size_t first = 0; first < strings.size(); first += kAtOnce) {
    const auto end = std::min(strings.size(), first + kAtOnce);
    rows.push_back(embed_texts(
        *inputs.run.model, *inputs.run.tokenizer,
        {strings.begin() + static_cast<std::ptrdiff_t>(first), strings.begin() + static_cast<std::ptrdiff_t>(end)},
        inputs.device, inputs.precision));
  }
  return at::cat(rows);
}

struct Condition {
  std::string name, mask_hash;
  double removed_share = 0;  // of the visible tokens
  std::vector<ExcludedRecord> empty;
  Retrieval result;
};

Condition ask(const EvaluationInputs& inputs, const Asked& asked, const DistinctTexts& texts,
              const at::Tensor& text_embeddings, const data::MaskSpec* spec, const RetrievalFlags& flags) {
  auto& model = *inputs.run.model;
  const auto patch = model.options().ecg.patch_samples;
  const auto seed = static_cast<std::uint64_t>(flags.seed);
  Condition out;
  out.name = spec == nullptr ? "clean" : spec->text();
  RecordMasks masks;
  if (spec != nullptr) masks = make_record_masks(inputs.store, asked.records, *spec, seed, patch);
  out.mask_hash = masks.hash;
  EmbedOptions options;
  options.device = inputs.device;
  options.precision = inputs.precision;
  options.batch = flags.batch;
  const auto embedded = embed_records(model, inputs.store, asked.records, options,
                                      spec == nullptr ? RemoveTokens{} : removal_by(masks, patch));
  out.removed_share = embedded.removed_share();
  std::vector<std::int64_t> rows, text_of;
  std::vector<std::string> patients;
  for (std::size_t i = 0; i < asked.records.size(); ++i) {
    const auto record = asked.records[i];
    if (embedded.empty[i] != 0) {
      out.empty.push_back(
          {inputs.store.id(record), spec == nullptr ? "nothing visible" : "nothing visible under the mask"});
      continue;
    }
    rows.push_back(static_cast<std::int64_t>(i));
    text_of.push_back(texts.of[i]);
    patients.push_back(inputs.store.patient(record));
  }
  if (rows.empty()) throw Error(Code::split_empty, cat("nothing is visible in any record: ", out.name));
  BootstrapOptions bootstrap;
  bootstrap.seed = seed;
  bootstrap.jobs = bootstrap_jobs(flags.threads);
  out.result = study_retrieval(embedded.features.index_select(0, at::tensor(rows, at::kLong)), text_embeddings, texts,
                               text_of, patients, bootstrap);
  return out;
}

Json figure_json(const MacroMean& mean, double chance) {
  return {{"value", *mean.value}, {"interval", interval_json(mean.interval)}, {"chance", chance}};
}

Json direction_json(const RetrievalFigures& figures) {
  Json out;
  for (std::size_t k = 0; k < kRecallAt.size(); ++k)
    out[cat("recall_at_", kRecallAt[k])] = figure_json(figures.recall[k], figures.chance.found[k]);
  out["mrr"] = figure_json(figures.reciprocal, figures.chance.reciprocal);
  out["median_rank"] = {{"value", figures.median_rank}, {"chance", figures.chance.rank}};
  return out;
}

Json condition_json(const Condition& condition) {
  Json out;
  out["condition"] = condition.name;
  if (!condition.mask_hash.empty()) out["mask_sha256"] = condition.mask_hash;
  out["removed_visible_tokens"] = condition.removed_share;
  out["n_scored"] = condition.result.records;
  out["excluded"] = excluded_json(condition.empty);
  out["distinct_texts"] = condition.result.distinct_texts;
  out["ecg_to_report"] = direction_json(condition.result.to_report);
  out["ecg_to_distinct_text"] = direction_json(condition.result.to_text);
  out["report_to_ecg"] = direction_json(condition.result.to_ecg);
  return out;
}

std::string cell(const MacroMean& mean) { return cat(three_digits(mean.value), " ", three_digits(mean.interval)); }

std::string one_digit(double value) {
  return cat(static_cast<double>(static_cast<std::int64_t>(value * 10 + .5)) / 10);
}

std::string table(const Condition& condition) {
  TextTable out({condition.name, "R@1", "R@5", "R@10", "MRR", "median rank"});
  const auto add = [&](const char* name, const RetrievalFigures& figures) {
    out.add({name, cell(figures.recall[0]), cell(figures.recall[1]), cell(figures.recall[2]), cell(figures.reciprocal),
             one_digit(figures.median_rank)});
    const auto& chance = figures.chance;
    out.add({"  chance", three_digits(std::optional(chance.found[0])), three_digits(std::optional(chance.found[1])),
             three_digits(std::optional(chance.found[2])), three_digits(std::optional(chance.reciprocal)),
             one_digit(chance.rank)});
  };
  add("ECG -> report", condition.result.to_report);
  add("ECG -> distinct text", condition.result.to_text);
  add("report -> ECG", condition.result.to_ecg);
  return out.text();
}

int retrieval_command(const RetrievalFlags& flags, const Arguments& arguments) {
  require_range("--limit", flags.limit, 0, 1'000'000'000, "0 (no limit) or more");
  std::vector<data::MaskSpec> specs;
  for (const auto& text : flags.masks) specs.push_back(data::parse_mask(text));
  const auto inputs = load_inputs(flags);
  const auto split = choose_split(inputs.store, flags.split);
  const auto asked = choose_records(inputs.store, split.folds, flags.limit);
  const auto trained = check_untrained(flags, inputs, asked.records);
  const auto texts = distinct_texts(asked.reports);
  log::info(cat(asked.n_in, " records of the ", split.rule, "; ", asked.records.size(), " with a report, ",
                texts.strings.size(), " different ones; ", asked.excluded.size(), " excluded"));
  const auto text_embeddings = embed_strings(inputs, texts.strings);
  std::vector<Condition> conditions;
  conditions.push_back(ask(inputs, asked, texts, text_embeddings, nullptr, flags));
  for (const auto& spec : specs) conditions.push_back(ask(inputs, asked, texts, text_embeddings, &spec, flags));

  auto document = result_head("retrieval", inputs, arguments);
  document["split"] = {{"name", split.name}, {"folds", split.folds}, {"rule", split.rule}};
  document["seed"] = flags.seed;
  document["limit"] = flags.limit;
  const auto& clean = conditions.front();
  document["records"] = {{"n_in", asked.n_in},
                         {"n_scored", clean.result.records},
                         {"excluded", excluded_json(asked.excluded)},
                         {"unique_text_share", static_cast<double>(clean.result.distinct_texts) /
                                                   static_cast<double>(clean.result.records)}};
  for (const auto& record : excluded_json(clean.empty)) document["records"]["excluded"].push_back(record);
  document["trained_on"] = trained_json(trained);
  document["bootstrap"] = bootstrap_json({.seed = static_cast<std::uint64_t>(flags.seed)});
  for (const auto& condition : conditions) document["conditions"].push_back(condition_json(condition));
  const Json identity = {document["run"]["weights_sha256"],
                         document["store"]["manifest_sha256"],
                         split.folds,
                         flags.masks,
                         flags.seed,
                         flags.limit,
                         document["precision"]};
  const auto path =
      write_result(inputs.results, cat("retrieval-", split.name), identity, split.name == "test", document);
  if (arguments.json()) {
    std::cout << document.dump(2) << "\n";
    return 0;
  }
  std::cout << "retrieval, " << split.rule << ": " << clean.result.records << " records, "
            << clean.result.distinct_texts << " distinct texts ("
            << three_digits(std::optional(document["records"]["unique_text_share"].get<double>()))
            << "); a hit is any record with the same text\n";
  for (const auto& condition : conditions) std::cout << "\n" << table(condition);
  std::cout << "\nresult: " << path.string() << "\n";
  return 0;
}

class RetrievalVerb final : public Verb {
 public:
  explicit RetrievalVerb(Arguments& arguments)
      : Verb(arguments.verb("retrieval", "How well ECGs find their reports, and reports their ECGs.", kExample)) {
    flags_.declare(command_, /*with_task=*/false);
    declare_split(command_, flags_.split);
    command_.option("--mask", flags_.masks, cat(data::mask_grammar(), "; may be repeated, clean always comes first"));
    command_.option("--seed", flags_.seed, "of masks and of the bootstrap");
    command_.option("--limit", flags_.limit, "at most so many records, chosen by hash; 0: all");
  }
  int run(const Arguments& arguments) override { return retrieval_command(flags_, arguments); }

 private:
  RetrievalFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> retrieval_verb(Arguments& arguments) { return std::make_unique<RetrievalVerb>(arguments); }

}  // namespace scar::apps
