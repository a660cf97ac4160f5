#include <algorithm>
#include <array>
#include <charconv>
#include <iostream>
#include <map>
#include <set>

#include <ATen/ops/tensor.h>
#include <nlohmann/json.hpp>

#include "evaluation_inputs.h"
#include "scar/apps/arguments.h"
#include "scar/apps/run.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/log.h"
#include "scar/data/ecg_record.h"
#include "scar/data/store/splits.h"
#include "scar/evaluation/embed.h"
#include "scar/evaluation/probe.h"
#include "scar/evaluation/published_subset.h"
#include "scar/evaluation/results.h"
#include "scar/evaluation/zero_shot.h"
#include "scar/ingest/split_list.h"
#include "shared_files.h"

namespace scar::apps {

namespace {

using namespace evaluation;

struct ProbeFlags : EvaluationFlags {
  std::vector<std::string> fractions;
  std::string features = "pooled", train_folds, selection_folds, test_folds, subset = "patients";
  long long subset_seed = 0, random_encoders = 1;
};

double parse_fraction(const std::string& text) {
  double out = 0;
  const auto end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, out);
  if (result.ec != std::errc() || result.ptr != end || !(out > 0) || out > 1) {
    throw Error(Code::out_of_range, "--fraction is out of range")
        .at("command line")
        .got(text)
        .wanted("more than 0, at most 1: 0.01, 0.1, 1");
  }
  return out;
}

/// Features and labels of the three parts, from one encoder.
struct Parts {
  ProbePart train, selection, evaluation;
};
Parts embed_parts(model::DualEncoder& model, const data::Store& store, const std::array<TaskRecords, 3>& records,
                  const EmbedOptions& options, const std::string& whose) {
  Parts out;
  const std::array<ProbePart*, 3> parts = {&out.train, &out.selection, &out.evaluation};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    log::progress(cat("features of ", whose, ": ", records[i].records.size(), " records"));
    parts[i]->features = embed_records(model, store, records[i].records, options).features;
    parts[i]->labels = labels_of(store, records[i].task, records[i].records);
  }
  log::end_progress();
  return out;
}

ProbePart rows_of(const ProbePart& part, const std::vector<std::int64_t>& rows, std::size_t classes) {
  ProbePart out;
  out.features = part.features.index_select(0, at::tensor(rows, at::TensorOptions().dtype(at::kLong)));
  for (const auto row : rows) {
    const auto first = part.labels.begin() + row * static_cast<std::ptrdiff_t>(classes);
    out.labels.insert(out.labels.end(), first, first + static_cast<std::ptrdiff_t>(classes));
  }
  return out;
}

// Records of the public train file of a task in its order: ascending ecg_id for PTB-XL, else that of the split list.
std::vector<std::string> public_train_ids(const data::Store& store, const TaskRecords& train) {
  std::vector<std::string> ids;
  for (std::int64_t record = 0; record < store.size(); ++record) {
    const bool in_folds = std::find(train.folds.begin(), train.folds.end(), store.fold(record)) != train.folds.end();
    if (in_folds && store.labels(train.task, record)[0] != data::kNotInTask) ids.push_back(store.id(record));
  }
  const auto& kind = store.info().kind;
  const auto rows = published_train_rows(train.task);
  if (!rows || static_cast<std::int64_t>(ids.size()) != *rows) {
    throw Error(Code::contradiction, "published label subsets are rows of a public train file, which this is not")
        .got(cat(train.task, ", ", ids.size(), " records in folds ", join(train.folds)))
        .wanted(rows ? cat(*rows, " records") : std::string("a task of PTB-XL, CPSC2018 or CSN"))
        .hint(kind == "ptbxl" ? "a store of all folds, or --train-folds 1,2,3,4,5,6,7,8"
                              : "a store of the whole dataset");
  }
  if (kind == "ptbxl") return ids;
  return ingest::read_split_list(find_splits("", kind == "csn" ? "csn.txt" : "cpsc2018.txt")).train;
}

// Rows of `train` that may show their labels.
std::vector<std::int64_t> labelled_rows(const ProbeFlags& flags, const data::Store& store, const TaskRecords& train,
                                        double fraction) {
  const auto ids = train.ids(store);
  if (flags.subset == "patients") {
    std::vector<std::string> patients;
    for (const auto record : train.records) patients.push_back(store.patient(record));
    return labelled_subset(patients, ids, fraction, static_cast<std::uint64_t>(flags.subset_seed));
  }
  const auto public_ids = public_train_ids(store, train);
  std::set<std::string> chosen;
  for (const auto row : published_subset(flags.subset, static_cast<std::int64_t>(public_ids.size()), fraction))
    chosen.insert(public_ids[static_cast<std::size_t>(row)]);
  std::vector<std::int64_t> rows;
  for (std::size_t row = 0; row < ids.size(); ++row) {
    if (chosen.contains(ids[row])) rows.push_back(static_cast<std::int64_t>(row));
  }
  if (rows.size() < chosen.size())
    log::warn(63, cat(chosen.size() - rows.size(), " records of the published subset have nothing visible"));
  return rows;
}

Json ids_json(const data::Store& store, const std::vector<std::int64_t>& records,
              const std::vector<std::int64_t>& rows) {
  Json out = Json::array();
  for (const auto row : rows) out.push_back(store.id(records[static_cast<std::size_t>(row)]));
  return out;
}

int linear_command(const ProbeFlags& flags, const Arguments& arguments) {
  const auto kind = parse_features(flags.features);
  if (flags.subset != "patients" && flags.subset != "merl" && flags.subset != "melp") {
    throw Error(Code::usage, "--subset is none of its choices")
        .at("command line")
        .got(flags.subset)
        .wanted("patients, merl or melp");
  }
  std::vector<double> fractions;
  for (const auto& text : flags.fractions) fractions.push_back(parse_fraction(text));
  if (fractions.empty()) fractions = {1.0};
  std::sort(fractions.begin(), fractions.end());
  if (flags.random_encoders < 0 || flags.random_encoders > 100) {
    throw Error(Code::out_of_range, "--random-encoders is out of range")
        .at("command line")
        .got(cat(flags.random_encoders))
        .wanted("0 to 100");
  }
  const auto train_folds = parse_folds(flags.train_folds, "--train-folds");
  const auto selection_folds = parse_folds(flags.selection_folds, "--selection-folds");
  const auto test_folds = parse_folds(flags.test_folds, "--test-folds");

  auto inputs = load_inputs(flags);
  const auto& info = inputs.store.info();
  const auto patch = inputs.run.model->options().ecg.patch_samples;
  auto split = probe_split(info.train_folds, info.validation_folds, info.test_folds, folds_present(inputs.store));
  const bool own_folds = !train_folds.empty() || !selection_folds.empty() || !test_folds.empty();
  if (!train_folds.empty()) split.train = train_folds;
  if (!selection_folds.empty()) split.selection = selection_folds;
  if (!test_folds.empty()) split.evaluation = test_folds;
  if (own_folds) {
    split.rule = cat("as asked: trained on folds ", join(split.train), ", C chosen on folds ", join(split.selection),
                     ", evaluated on folds ", join(split.evaluation));
  }
  (void)data::check_patients_disjoint(inputs.store, split.train, split.selection);
  (void)data::check_patients_disjoint(inputs.store, split.train, split.evaluation);
  (void)data::check_patients_disjoint(inputs.store, split.selection, split.evaluation);
  const std::array<TaskRecords, 3> records = {select_task_records(inputs.store, flags.task, split.train, patch),
                                              select_task_records(inputs.store, flags.task, split.selection, patch),
                                              select_task_records(inputs.store, flags.task, split.evaluation, patch)};
  const auto trained = check_untrained(flags, inputs, records[2].records);
  const auto& classes = records[0].classes;
  std::map<double, std::vector<std::int64_t>> subsets;
  for (const double fraction : fractions) subsets[fraction] = labelled_rows(flags, inputs.store, records[0], fraction);
  log::info(cat("linear probe of ", flags.task, ", ", split.rule, "; patients disjoint"));

  EmbedOptions options;
  options.device = inputs.device;
  options.precision = inputs.precision;
  options.batch = flags.batch;
  options.features = kind;
  std::vector<std::pair<std::string, Parts>> encoders;
  encoders.emplace_back("run", embed_parts(*inputs.run.model, inputs.store, records, options, "the run"));
  for (long long seed = 0; seed < flags.random_encoders; ++seed) {
    model::DualEncoder fresh(inputs.run.model->options(), static_cast<std::uint64_t>(seed));
    fresh.to(inputs.device);
    encoders.emplace_back(cat("random encoder ", seed),
                          embed_parts(fresh, inputs.store, records, options, cat("random encoder ", seed)));
  }

  auto document = result_head("linear-probe", inputs, arguments);
  document["task"] = flags.task;
  document["split"] = {{"train_folds", split.train},
                       {"selection_folds", split.selection},
                       {"evaluation_folds", split.evaluation},
                       {"rule", split.rule}};
  document["trained_on"] = trained_json(trained);
  document["features"] = features_name(kind);
  document["selection_rule"] =
      "one C for all classes: the best macro AUROC on the selection folds, of 45 values, the smallest of equals";
  document["subset"] = flags.subset;
  if (flags.subset == "patients") document["subset_seed"] = flags.subset_seed;
  auto& counts = document["records"] = Json::object();
  const std::array<const char*, 3> names = {"train", "selection", "evaluation"};
  for (std::size_t i = 0; i < 3; ++i) {
    counts[names[i]] = {{"n_in", records[i].n_in},
                        {"n_scored", records[i].records.size()},
                        {"excluded", excluded_json(records[i].excluded)}};
  }
  std::vector<NamedScore> columns;
  std::string notes;
  auto& results = document["results"] = Json::array();
  for (const double fraction : fractions) {
    const auto& subset = subsets.at(fraction);
    for (const auto& [name, parts] : encoders) {
      const auto result =
          linear_probe(rows_of(parts.train, subset, classes.size()), parts.selection, parts.evaluation, classes);
      const auto title = cat(name == "run" ? "probe" : name, " ", fraction);
      log::info(cat(title, ": macro AUROC ", three_digits(result.evaluation.macro_auroc), ", C = ", result.c));
      if (result.unconverged > 0) {
        log::warn(62, cat(title, ": ", result.unconverged, " of ", result.grid.size() * classes.size(),
                          " fits ran out of iterations"));
      }
      Json entry;
      entry["encoder"] = name;
      entry["fraction"] = fraction;
      entry["train_records"] = subset.size();
      if (name == "run" && fraction < 1) entry["train_ids"] = ids_json(inputs.store, records[0].records, subset);
      const auto figures = probe_json(result);
      for (const auto& [key, value] : figures.items()) entry[key] = value;
      results.push_back(std::move(entry));
      columns.push_back({title, result.evaluation});
      notes += cat(title, ": ", subset.size(), " records, C = ", result.c);
      if (!result.absent.empty()) {
        notes += cat(", macro AUROC of the classes present ", three_digits(result.macro_present), ", absent:");
        for (const auto& absent : result.absent) notes += cat(" ", absent);
      }
      notes += "\n";
    }
  }

  const bool on_test = !info.test_folds.empty() && std::find(info.test_folds.begin(), info.test_folds.end(),
                                                             split.evaluation.front()) != info.test_folds.end();
  const Json identity = {document["run"]["weights_sha256"],
                         document["store"]["manifest_sha256"],
                         document["split"],
                         flags.features,
                         fractions,
                         flags.subset == "patients" ? Json(flags.subset_seed) : Json(flags.subset),
                         flags.random_encoders,
                         document["precision"]};
  const auto path = write_result(inputs.results, cat("probe-", flags.task, "-", on_test ? "test" : "validation"),
                                 identity, on_test, document);
  if (arguments.json()) {
    std::cout << document.dump(2) << "\n";
  } else {
    std::cout << "linear probe " << flags.task << " on " << features_name(kind) << " features, " << split.rule << ", "
              << records[2].records.size() << " records\n\n"
              << score_table(columns) << "\n"
              << notes << "\nresult: " << path.string() << "\n";
  }
  return 0;
}

}  // namespace

int probe(int argc, const char* const* argv) {
  const std::string example =
      "scar-probe linear runs/tiny --data stores/synth --task synth --fraction 0.1 --fraction 1";
  Arguments arguments("scar-probe", "Asks what frozen features of a trained encoder know.", example, argc, argv);
  auto& linear = arguments.verb(
      "linear", "L2 logistic regression per class on frozen features, beside a random encoder of the same shape.",
      example);
  ProbeFlags flags;
  flags.declare(linear);
  linear.option(
      "--fraction", flags.fractions,
      "share of the training records whose labels are used, by patient, nested; may be repeated (default: 1)");
  linear.option("--features", flags.features,
                "pooled: tokens pooled before the projection; embedding: what is aligned with texts");
  linear.option("--train-folds", flags.train_folds, "1,2,3: instead of the store's");
  linear.option("--selection-folds", flags.selection_folds, "that choose C, instead of the store's validation folds");
  linear.option("--test-folds", flags.test_folds, "that are evaluated, instead of the store's test folds");
  linear.option("--subset", flags.subset,
                "who is labelled: patients (nested, by --subset-seed), or the rows of published work: merl, melp");
  linear.option("--subset-seed", flags.subset_seed, "of the choice of labelled patients");
  linear.option("--random-encoders", flags.random_encoders,
                "rows with fresh weights (seeds 0, 1, ...) beside the run; 0: none");
  if (!arguments.parse()) return 0;
  if (linear.chosen()) return linear_command(flags, arguments);
  throw Error(Code::usage, "nothing to do").at("command line").wanted("a verb: linear").hint("scar-probe --help");
}

}  // namespace scar::apps
