#include "probe_study.h"

#include <array>
#include <map>
#include <numeric>
#include <tuple>

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/log.h"
#include "scar/evaluation/results.h"

namespace scar::apps {

using namespace evaluation;

namespace {

/// Features of all records of a part, and the rows that have something visible.
struct Seen {
  EmbeddedRecords records;
  std::vector<std::int64_t> rows;
};

Seen see(const ProbeInputs& inputs, const MakeFeatures& make, const Condition& condition, Part part) {
  const auto& masks = condition.masks[part];
  Seen out{make(inputs.parts[part].records, masks ? removal_by(*masks, inputs.patch_samples()) : RemoveTokens{}), {}};
  for (std::size_t row = 0; row < out.records.empty.size(); ++row) {
    if (out.records.empty[row] == 0) out.rows.push_back(static_cast<std::int64_t>(row));
  }
  if (out.rows.empty()) {
    throw Error(Code::split_empty, "a mask leaves nothing of any record of a part").got(condition.name);
  }
  return out;
}

ProbePart rows_that(const ProbeInputs& inputs, const Seen& seen, Part part, const std::vector<std::int64_t>& rows) {
  return rows_of({seen.records.features, inputs.parts[part].labels}, rows, inputs.classes().size());
}

std::vector<std::int64_t> visible_of(const Seen& seen, const std::vector<std::int64_t>& rows) {
  std::vector<std::int64_t> out;
  for (const auto row : rows) {
    if (seen.records.empty[static_cast<std::size_t>(row)] == 0) out.push_back(row);
  }
  return out;
}

Json ids_json(const ProbeInputs& inputs, const std::vector<std::int64_t>& rows) {
  Json out = Json::array();
  for (const auto row : rows)
    out.push_back(inputs.loaded.store.id(inputs.parts[kTrain].records[static_cast<std::size_t>(row)]));
  return out;
}

/// Choices of labels with the ids behind them, for whoever wants to train on the same.
Json choices_json(const ProbeInputs& inputs, const std::vector<LabelChoice>& choices) {
  const auto all = inputs.parts[kTrain].records.size();
  Json out = Json::array();
  for (const auto& choice : choices) {
    for (const auto& set : choice.sets) {
      out.push_back({{choice.key, choice.amount},
                     {"label_seed", set.seed ? Json(*set.seed) : Json(nullptr)},
                     {"train_records", set.rows.size()},
                     {"train_ids", set.rows.size() == all ? Json("all") : ids_json(inputs, set.rows)}});
    }
  }
  return out;
}

}  // namespace

void LearnFlags::declare(Command& command) {
  command.option("--probe-on", probe_on,
                 "clean: the probe learns from whole records and is evaluated under each --mask; masked: it learns, "
                 "chooses and is evaluated under the same rule");
}

void LearnFlags::check() const { require_choice("--probe-on", probe_on, {"clean", "masked"}); }

void study_frozen(const ProbeInputs& inputs, const std::vector<FeatureRow>& rows, const LearnFlags& learn,
                  const std::vector<LabelChoice>& choices, const FitFeatures& fit, ProbeReport& report) {
  report.document()["probe_on"] = learn.probe_on;
  report.document()["labels"] = choices_json(inputs, choices);
  // Conditions by what the probe learns under: all of them under the first, or each under itself.
  std::vector<std::vector<std::size_t>> lessons;
  if (learn.probe_on == "clean") {
    lessons.emplace_back(inputs.conditions.size());
    std::iota(lessons.front().begin(), lessons.front().end(), std::size_t{0});
  } else {
    for (std::size_t condition = 0; condition < inputs.conditions.size(); ++condition) lessons.push_back({condition});
  }

  for (const auto& row : rows) {
    // (condition, way, choice) -> answers; they are kept for one row at a time.
    std::map<std::tuple<std::size_t, std::string, std::size_t>, std::vector<ProbeAnswer>> answers;
    std::map<std::size_t, std::vector<std::int64_t>> evaluated;
    for (const auto& member : row.members) {
      const auto make = member.open();
      for (const auto& conditions : lessons) {
        const auto& learnt_under = inputs.conditions[conditions.front()];
        const auto train = see(inputs, make, learnt_under, kTrain);
        const auto selection = see(inputs, make, learnt_under, kSelection);
        const auto selection_part = rows_that(inputs, selection, kSelection, selection.rows);
        std::vector<ProbePart> asked;
        for (const auto condition : conditions) {
          const auto seen = see(inputs, make, inputs.conditions[condition], kEvaluation);
          report.describe(inputs.conditions[condition], seen.records.removed_share(), seen.records.empty);
          asked.push_back(rows_that(inputs, seen, kEvaluation, seen.rows));
          evaluated[condition] = seen.rows;
        }
        log::end_progress();
        for (std::size_t c = 0; c < choices.size(); ++c) {
          for (const auto& set : choices[c].sets) {
            const auto labelled = visible_of(train, set.rows);
            const auto fitted = fit(rows_that(inputs, train, kTrain, labelled), selection_part, row);
            Json entry = {{"encoder", member.name},
                          {"learnt_under", learnt_under.name},
                          {choices[c].key, choices[c].amount},
                          {"label_seed", set.seed ? Json(*set.seed) : Json(nullptr)},
                          {"train_records", labelled.size()},
                          {"absent_classes", fitted.absent}};
            for (const auto& [key, value] : fitted.figures->items()) entry[key] = value;
            auto& evaluations = entry["evaluations"] = Json::array();
            for (std::size_t i = 0; i < conditions.size(); ++i) {
              for (const auto& [way, answer] : fitted.ways) {
                ProbeAnswer one{
                    member.name,      set.seed, static_cast<std::int64_t>(labelled.size()), fitted.absent, fitted.note,
                    answer(asked[i]), {}};
                one.score = score_task(one.table);
                require_defined(one.score, "the evaluated records");
                const auto present = macro_without(one.score, fitted.absent);
                evaluations.push_back({{"condition", inputs.conditions[conditions[i]].name},
                                       {"way", way},
                                       {"macro_auroc_present_classes", present ? Json(*present) : Json(nullptr)},
                                       {"score", score_json(one.score)}});
                answers[{conditions[i], way, c}].push_back(std::move(one));
              }
            }
            report.add_fit(std::move(entry));
          }
        }
      }
    }
    for (const auto& [key, list] : answers) {
      const auto& [condition, way, choice] = key;
      report.add(way.empty() ? row.name : cat(row.name, ", ", way), inputs.conditions[condition].name, choices[choice],
                 list, evaluated[condition]);
    }
  }
}

}  // namespace scar::apps
