#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "probe_inputs.h"
#include "probe_labels.h"
#include "scar/core/json.h"
#include "scar/evaluation/probe_summary.h"

/// The answer of a verb of scar-probe: a table for people, a document for programs.
namespace scar::apps {

/// One fitted probe, and what it said of the evaluated records.
struct ProbeAnswer {
  std::string member;                      // "run", "random encoder 0"
  std::optional<std::int64_t> label_seed;  // of the choice of labels
  std::int64_t train_records = 0;
  std::vector<std::string> absent;  // classes without an example, or with nothing else, among them
  std::string note;                 // what was chosen: "C = 0.1"
  evaluation::ScoreTable table;
  evaluation::TaskScore score;
};

class ProbeReport {
 public:
  /// `kind`: of the document, "linear-probe"; `title`: for people, with the features. All arguments but the texts must
  /// outlive the report.
  ProbeReport(const ProbeInputs& inputs, const ProbeFlags& flags, const Arguments& arguments, const std::string& kind,
              std::string title);

  /// For members of the document that only a verb knows.
  [[nodiscard]] Json& document() { return *document_; }
  /// What was removed under a condition (the clean one: nothing), and who had nothing left. The first call counts.
  void describe(const Condition& condition, double removed_share, const std::vector<std::uint8_t>& empty);
  /// One entry of "fits".
  void add_fit(Json fit);
  /// A cell of the table: answers of one row under one condition with one amount of labels, over members and choices of
  /// labels. evaluated: rows of the evaluated records that the tables have. The first row that is added is the one whose
  /// classes are shown.
  void add(const std::string& row, const std::string& condition, const LabelChoice& choice,
           const std::vector<ProbeAnswer>& answers, const std::vector<std::int64_t>& evaluated);
  /// Writes the result and prints it. `settings`: what decides the figures beside run, store, folds, masks and precision.
  int finish(const Json& settings);

 private:
  struct Cell {
    evaluation::TaskScore mean;
    evaluation::OverSeeds over_labels;                  // each the mean over the members
    std::optional<evaluation::OverSeeds> over_members;  // each the mean over choices of labels
    std::optional<evaluation::Interval> over_patients;
  };
  struct Row {
    std::string name;
    std::vector<Cell> cells;  // one per amount of labels
  };
  [[nodiscard]] std::string auroc_table() const;
  [[nodiscard]] std::string precision_table() const;

  const ProbeInputs& inputs_;
  const ProbeFlags& flags_;
  const Arguments& arguments_;
  std::string title_, notes_;
  std::shared_ptr<Json> document_;
  std::vector<std::string> amounts_;  // headings
  std::vector<Row> rows_;
};

}  // namespace scar::apps
