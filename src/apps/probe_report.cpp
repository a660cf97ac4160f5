#include "probe_report.h"

#include <algorithm>
#include <iostream>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "evaluation_scores.h"
#include "scar/core/cat.h"
#include "scar/core/log.h"
#include "scar/evaluation/figure_json.h"
#include "scar/evaluation/results.h"
#include "task_inputs.h"

namespace scar::apps {

using namespace evaluation;

namespace {

Json over_seeds_json(const OverSeeds& over) {
  return {{"n", over.n}, {"lowest", over.lowest}, {"highest", over.highest}, {"ci95", interval_json(over.ci95)}};
}

/// Means of the macro AUROC by what `key` says of an answer, in the order of the keys.
template <class Key>
std::vector<double> means_by(const std::vector<ProbeAnswer>& answers, const Key& key) {
  std::map<decltype(key(answers.front())), std::vector<double>> values;
  for (const auto& answer : answers) values[key(answer)].push_back(answer.score.macro_auroc.value());
  std::vector<double> out;
  for (const auto& [name, list] : values) out.push_back(over_seeds(list).mean);
  return out;
}

/// "1 %: 170..172 records, C = 0.01, 0.1; without examples in some choice: WPW"
std::string note_of(const LabelChoice& choice, const std::vector<ProbeAnswer>& answers) {
  std::int64_t fewest = answers.front().train_records, most = fewest;
  std::set<std::string> absent;
  std::string notes;
  std::vector<double> present;
  for (const auto& answer : answers) {
    fewest = std::min(fewest, answer.train_records);
    most = std::max(most, answer.train_records);
    absent.insert(answer.absent.begin(), answer.absent.end());
    if (const auto macro = macro_without(answer.score, answer.absent)) present.push_back(*macro);
    notes += cat("; ", answer.note);
  }
  auto out = cat(choice.name, ": ", fewest, fewest == most ? "" : cat("..", most), " records", notes);
  if (!absent.empty() && !present.empty()) {
    out += cat("\n  macro AUROC of the classes that have examples ",
               three_digits(std::optional(over_seeds(present).mean)), "; without: ");
    for (const auto& name : absent) out += cat(name == *absent.begin() ? "" : ", ", name);
  }
  return out + "\n";
}

}  // namespace

ProbeReport::ProbeReport(const ProbeInputs& inputs, const ProbeFlags& flags, const Arguments& arguments,
                         const std::string& kind, std::string title)
    : inputs_(inputs),
      flags_(flags),
      arguments_(arguments),
      title_(std::move(title)),
      document_(std::make_shared<Json>(result_head(kind, inputs.loaded, arguments))) {
  auto& document = *document_;
  document["task"] = flags.task;
  document["split"] = {{"train_folds", inputs.split.train},
                       {"selection_folds", inputs.split.selection},
                       {"evaluation_folds", inputs.split.evaluation},
                       {"rule", inputs.split.rule}};
  document["trained_on"] = trained_json(inputs.trained_on);
  document["seed"] = flags.seed;
  const std::array<const char*, 3> names = {"train", "selection", "evaluation"};
  for (std::size_t part = 0; part < 3; ++part) document["records"][names[part]] = records_json(inputs.parts[part]);
  document["conditions"] = Json::array();
  document["summary"] = Json::array();
  document["fits"] = Json::array();
}

void ProbeReport::describe(const Condition& condition, double removed_share, const std::vector<std::uint8_t>& empty) {
  auto& list = document()["conditions"];
  for (const auto& entry : list) {
    if (entry["condition"] == condition.name) return;
  }
  Json entry = {{"condition", condition.name}};
  if (const auto& masks = condition.masks[kEvaluation]) {
    entry["mask_sha256"] = masks->hash;
    entry["mask_seed"] = masks->seed;
    entry["removed_units"] = masks->unit_share;
  }
  entry["removed_visible_tokens"] = removed_share;
  std::vector<ExcludedRecord> excluded;
  const auto ids = inputs_.parts[kEvaluation].ids(inputs_.loaded.store);
  for (std::size_t row = 0; row < ids.size(); ++row) {
    if (empty[row] != 0) excluded.push_back({ids[row], "nothing visible under the mask"});
  }
  entry["n_scored"] = ids.size() - excluded.size();
  entry["excluded_under_mask"] = excluded_json(excluded);
  list.push_back(std::move(entry));
}

void ProbeReport::add_fit(Json fit) { document()["fits"].push_back(std::move(fit)); }

void ProbeReport::add(const std::string& row, const std::string& condition, const LabelChoice& choice,
                      const std::vector<ProbeAnswer>& answers, const std::vector<std::int64_t>& evaluated) {
  const auto name = condition == "clean" ? row : cat(row, ", ", condition);
  auto at = std::find_if(rows_.begin(), rows_.end(), [&](const Row& one) { return one.name == name; });
  if (at == rows_.end()) at = rows_.insert(rows_.end(), {name, {}});
  if (at == rows_.begin()) {
    amounts_.push_back(choice.name);
    notes_ += note_of(choice, answers);
  }

  std::vector<TaskScore> scores;
  std::vector<ScoreTable> tables;
  for (const auto& answer : answers) {
    scores.push_back(answer.score);
    tables.push_back(answer.table);
  }
  const auto everyone = inputs_.parts[kEvaluation].patients(inputs_.loaded.store);
  std::vector<std::string> patients;
  for (const auto record : evaluated) patients.push_back(everyone[static_cast<std::size_t>(record)]);
  BootstrapOptions options;
  options.seed = static_cast<std::uint64_t>(flags_.seed);
  options.jobs = bootstrap_jobs(flags_.threads);
  Cell cell{.mean = mean_score(scores),
            .over_labels = over_seeds(means_by(answers, [](const ProbeAnswer& one) { return one.label_seed; })),
            .over_members = {},
            .over_patients = patient_interval(tables, patients, options)};
  const auto members = means_by(answers, [](const ProbeAnswer& one) { return one.member; });
  if (members.size() > 1) cell.over_members = over_seeds(members);

  document()["summary"].push_back(
      {{"row", row},
       {"condition", condition},
       {choice.key, choice.amount},
       {"fits", answers.size()},
       {"macro_auroc",
        {{"mean", number_json(cell.mean.macro_auroc)},
         {"ci95", interval_json(cell.over_patients)},
         {"over_labels", over_seeds_json(cell.over_labels)},
         {"over_members", cell.over_members ? over_seeds_json(*cell.over_members) : Json(nullptr)}}},
       {"score", score_json(cell.mean)}});
  log::info(cat(name, ", ", choice.name, ": macro AUROC ", three_digits(cell.mean.macro_auroc)));
  at->cells.push_back(std::move(cell));
}

std::string ProbeReport::auroc_table() const {
  std::vector<std::string> head = {"macro AUROC"};
  head.insert(head.end(), amounts_.begin(), amounts_.end());
  TextTable table(std::move(head));
  const auto line = [&](const std::string& name, const Row& row, const auto& text) {
    std::vector<std::string> cells = {name};
    for (const auto& cell : row.cells) cells.push_back(text(cell));
    if (std::any_of(cells.begin() + 1, cells.end(), [](const std::string& each) { return each != "-"; }))
      table.add(std::move(cells));
  };
  for (const auto& row : rows_) {
    line(row.name, row, [](const Cell& cell) { return three_digits(cell.mean.macro_auroc); });
    line("  95 % over choices of labels", row, [](const Cell& cell) { return three_digits(cell.over_labels.ci95); });
    line("  lowest and highest encoder", row, [](const Cell& cell) {
      return three_digits(cell.over_members
                              ? std::optional(Interval{cell.over_members->lowest, cell.over_members->highest})
                              : std::nullopt);
    });
    line("  95 % over patients", row, [](const Cell& cell) { return three_digits(cell.over_patients); });
  }
  line("constant score", rows_.front(), [](const Cell&) { return std::string("0.500"); });
  return table.text();
}

std::string ProbeReport::precision_table() const {
  std::vector<std::string> head = {"macro AP"};
  head.insert(head.end(), amounts_.begin(), amounts_.end());
  TextTable table(std::move(head));
  for (const auto& row : rows_) {
    std::vector<std::string> cells = {row.name};
    for (const auto& cell : row.cells) cells.push_back(three_digits(cell.mean.macro_average_precision));
    table.add(std::move(cells));
  }
  ScoreTable truth;
  truth.classes = inputs_.classes();
  truth.labels = inputs_.parts[kEvaluation].labels;
  truth.rows = static_cast<std::int64_t>(inputs_.parts[kEvaluation].records.size());
  truth.scores.assign(truth.labels.size(), 0.0);
  std::vector<std::string> constant = {"constant score (prevalence)"};
  constant.insert(constant.end(), amounts_.size(), three_digits(score_task(truth).macro_average_precision));
  table.add(std::move(constant));
  return table.text();
}

int ProbeReport::finish(const Json& settings) {
  auto& document = *document_;
  document["settings"] = settings;
  const Json identity = {document["kind"],
                         document["run"]["weights_sha256"],
                         document["store"]["manifest_sha256"],
                         document["split"],
                         flags_.masks,
                         flags_.seed,
                         settings,
                         document["precision"]};
  const auto path =
      write_result(inputs_.loaded.results, cat("probe-", flags_.task, "-", inputs_.on_test ? "test" : "validation"),
                   identity, inputs_.on_test, document);
  if (arguments_.json()) {
    std::cout << document.dump(2) << "\n";
    return 0;
  }
  std::vector<NamedScore> columns;
  for (std::size_t i = 0; i < amounts_.size(); ++i) {
    const auto& cell = rows_.front().cells[i];
    columns.push_back({amounts_[i], cell.mean, cell.over_patients});
  }
  std::cout << title_ << ", " << flags_.task << ", " << inputs_.split.rule << ", "
            << inputs_.parts[kEvaluation].records.size() << " records\n\n"
            << auroc_table() << "\n"
            << precision_table() << "\n"
            << rows_.front().name << ", by class\n"
            << score_table(columns) << "\n"
            << notes_ << "\nresult: " << path.string() << "\n";
  return 0;
}

}  // namespace scar::apps
