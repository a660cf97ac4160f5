#include "scar/evaluation/compared_files.h"

#include <set>
#include <string_view>

#include <nlohmann/json.hpp>

#include "compared_evidence.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/hash.h"
#include "scar/core/json.h"
#include "scores_document.h"

namespace scar::evaluation {
namespace {

/// "400 records, sha256 1a2b...": says in a message how two lists differ, as far as one line can.
std::string fingerprint(std::size_t count, const char* unit, Sha256& digest) {
  return cat(count, " ", unit, ", sha256 ", digest.hex().substr(0, 16));
}

template <class Value>
std::string list_fingerprint(const std::vector<Value>& values, const char* unit) {
  Sha256 digest;
  for (const auto& value : values) digest.update(cat(value, "\n"));
  return fingerprint(values.size(), unit, digest);
}

std::vector<std::uint32_t> patients_of(const std::vector<std::int64_t>& rows, const Patients& patients) {
  std::vector<std::uint32_t> out;
  out.reserve(rows.size());
  for (const auto row : rows) out.push_back(patients.of_record[static_cast<std::size_t>(row)]);
  return out;
}

std::vector<std::int64_t> ascending(const std::vector<std::int64_t>& rows) {
  const std::set<std::int64_t> out(rows.begin(), rows.end());
  return {out.begin(), out.end()};
}

std::string unit(const ZeroShotScores& scores) { return cat(scores.block_ms, " ms"); }

ComparedCondition rule_condition(const RuleScores& rule, const ZeroShotScores& scores, const Patients& patients) {
  ComparedCondition out;
  out.name = rule.condition;
  out.what = "macro AUROC";
  out.records = rule.rows;
  out.identity = {{"masks", rule.mask_sha256}, {"scored records", list_fingerprint(rule.rows, "records")}};
  const auto columns = scores.classes.size();
  const auto of_rows = patients_of(rule.rows, patients);
  auto& classes = out.figure.parts.emplace_back();
  for (std::size_t column = 0; column < columns; ++column) {
    std::vector<double> values;
    std::vector<std::uint8_t> labels;
    for (std::size_t i = 0; i < rule.rows.size(); ++i) {
      values.push_back(rule.scores[i * columns + column]);
      labels.push_back(scores.labels[static_cast<std::size_t>(rule.rows[i]) * columns + column]);
    }
    classes.emplace_back(WeightedAuroc(values, labels, of_rows));
  }
  return out;
}

ComparedCondition sample_condition(const SampleScores& sample, const ZeroShotScores& scores, const Patients& patients) {
  ComparedCondition out;
  out.name = sample.condition;
  out.what = "macro AUROC";
  Sha256 members;
  struct Column {
    std::vector<double> values;
    std::vector<std::uint8_t> labels;
    std::vector<std::int64_t> rows;
  };
  std::vector<Column> columns(scores.classes.size());
  std::vector<std::int64_t> rows;
  for (const auto& member : sample.members) {
    members.update(cat(member.label, " ", member.positive, " ", member.row, "\n"));
    if (!member.score) continue;
    auto& column = columns[static_cast<std::size_t>(member.label)];
    column.values.push_back(*member.score);
    column.labels.push_back(member.positive ? 1 : 0);
    column.rows.push_back(member.row);
    rows.push_back(member.row);
  }
  out.records = ascending(rows);
  out.identity = {{"origin of masks", sample.masks},
                  {"structure of masks", sample.structure},
                  {"units of masks", unit(scores)},
                  {"sampled positives and negatives", fingerprint(sample.members.size(), "members", members)}};
  if (sample.masks != "own") out.identity.emplace_back("masks", sample.mask_sha256);
  auto& classes = out.figure.parts.emplace_back();
  for (const auto& column : columns) {
    classes.emplace_back(WeightedAuroc(column.values, column.labels, patients_of(column.rows, patients)));
  }
  return out;
}

/// One part of CMRS: all classes at one rate.
std::vector<std::optional<ClassStatistic>> resolution_part(const CmrsScores& cmrs,
                                                           const std::vector<std::optional<double>>& masked,
                                                           std::size_t classes, const Patients& patients) {
  struct Column {
    std::vector<double> masked, clean;
    std::vector<std::int64_t> rows;
  };
  std::vector<Column> columns(classes);
  for (std::size_t i = 0; i < cmrs.rows.size(); ++i) {
    if (!masked[i]) continue;
    auto& column = columns[static_cast<std::size_t>(cmrs.labels[i])];
    column.masked.push_back(*masked[i] - .5);
    column.clean.push_back(cmrs.clean[i] - .5);
    column.rows.push_back(cmrs.rows[i]);
  }
  std::vector<std::optional<ClassStatistic>> out;
  for (auto& column : columns) {
    if (column.rows.empty()) {
      out.emplace_back(std::nullopt);
    } else {
      out.emplace_back(
          WeightedRatio(std::move(column.masked), std::move(column.clean), patients_of(column.rows, patients)));
    }
  }
  return out;
}

void add_cmrs(std::vector<ComparedCondition>& out, const ZeroShotScores& scores, const Patients& patients) {
  const auto& cmrs = *scores.cmrs;
  for (const bool random : {false, true}) {
    const std::string stem = random ? "random-cmrs" : "cmrs";
    ComparedCondition mean;
    mean.name = stem;
    mean.what = "CMRS";
    mean.records = ascending(cmrs.rows);
    std::string rates;
    for (const double rate : cmrs.rates) rates += cat(rates.empty() ? "" : ", ", rate);
    mean.identity = {{"rules of CMRS", cmrs.rules},
                     {"rates", rates},
                     {"origin of masks", random ? "random" : cmrs.masks},
                     {"structure of masks", cmrs.structure},
                     {"units of masks", unit(scores)}};
    // Random masks follow from seed, class and record; which of them a file holds depends on the model.
    if (!random && cmrs.masks != "own") mean.identity.emplace_back("masks", cmrs.mask_sha256);
    for (std::size_t rate = 0; rate < cmrs.rates.size(); ++rate) {
      auto one = mean;
      one.name = cat(stem, ":", cmrs.rates[rate]);
      one.figure.parts = {
          resolution_part(cmrs, (random ? cmrs.random : cmrs.critical)[rate], scores.classes.size(), patients)};
      mean.figure.parts.push_back(one.figure.parts.front());
      out.push_back(std::move(one));
    }
    out.push_back(std::move(mean));
  }
}

/// One row per kind of file.
struct Kind {
  std::string_view name;
  ComparedModel (*load)(const ScoresReader& reader);
};
constexpr Kind kKinds[] = {
    {"zeroshot",
     [](const ScoresReader& reader) { return compared_model(read_zero_shot_scores(reader), reader.origin()); }},
    {"evidence", compared_evidence},
};

}  // namespace

ComparedModel compared_model(const ZeroShotScores& scores, const std::string& origin) {
  ComparedModel out;
  out.origin = origin;
  out.classes = scores.classes;
  out.seed = scores.seed;
  out.weights_sha256 = scores.weights_sha256;
  out.patients = number_patients(scores.patients);
  out.identity = {{"kind", "zeroshot"},
                  {"task", scores.task},
                  {"classes", list_fingerprint(scores.classes, "classes")},
                  {"records", list_fingerprint(scores.ids, "records")},
                  {"patients", list_fingerprint(scores.patients, "records")},
                  {"labels", list_fingerprint(scores.labels, "labels")},
                  {"prompts", scores.prompts_sha256},
                  {"kind of store", scores.store_kind}};
  // The same records may lie in two stores (at two sampling rates); variants of labels and windows must not differ.
  const auto provenance = parse_json(scores.provenance, origin, static_cast<int>(Code::data_unreadable));
  for (const auto& [name, value] : provenance.items()) {
    out.identity.emplace_back(cat("provenance of the store: ", name), value.dump());
  }
  for (const auto& rule : scores.rules) out.conditions.push_back(rule_condition(rule, scores, out.patients));
  for (const auto& sample : scores.samples) out.conditions.push_back(sample_condition(sample, scores, out.patients));
  if (scores.cmrs) add_cmrs(out.conditions, scores, out.patients);
  return out;
}

ComparedModel load_compared_model(const std::filesystem::path& path) {
  const ScoresReader reader(path);
  for (const auto& kind : kKinds) {
    if (kind.name == reader.kind()) return kind.load(reader);
  }
  std::string known;
  for (const auto& kind : kKinds) known += cat(known.empty() ? "" : ", ", kind.name);
  reader.fail("scores of a kind that is not known here", reader.kind(), known);
}

}  // namespace scar::evaluation
