#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scar/core/json.h"
#include "scar/report/charts.h"
#include "scar/report/html_page.h"
#include "scar/report/run_report.h"

namespace scar::report {

using Rows = std::vector<std::vector<std::string>>;

/// A line of the summary: a question and its answers, "" where it has none.
struct Answer {
  std::string question, visible{}, lowest{}, cmrs{};
};
[[nodiscard]] std::vector<Answer> zero_shot_answers(const Json& document);
[[nodiscard]] std::vector<Answer> sweep_answers(const Json& document);
[[nodiscard]] std::vector<Answer> probe_answers(const Json& document);
[[nodiscard]] std::vector<Answer> retrieval_answers(const Json& document);
[[nodiscard]] std::vector<Answer> evidence_answers(const Json& document);
void summary_section(HtmlPage& page, const std::vector<Answer>& answers);

/// A section of the page for each kind of result; sweeps have one per task.
void zero_shot_section(HtmlPage& page, const ResultFile& file);
void sweep_section(HtmlPage& page, const ResultFile& file);
void probe_section(HtmlPage& page, const ResultFile& file);
void retrieval_section(HtmlPage& page, const ResultFile& file);
void evidence_section(HtmlPage& page, const ResultFile& file);
void curves_section(HtmlPage& page, const ResultFile& file);

// What several of them have.

/// Of a zero-shot result: its task, and whose masks or thresholds it took, if not its own.
[[nodiscard]] std::string zero_shot_name(const Json& document);
/// Macro AUROC of a zero-shot result, everything visible ("clean") and under its masks.
[[nodiscard]] std::vector<Dot> condition_dots(const Json& document);
/// Of a probe: what it is, the row of the run's own features, and how many labels a line of its summary had.
[[nodiscard]] std::string probe_name(const Json& document);
[[nodiscard]] std::string own_row(const Json& document);
[[nodiscard]] std::string labels_of(const Json& summary);
/// Which records were evaluated, in words.
[[nodiscard]] std::string split_of(const Json& document);
/// n in = n scored + n left out, with reasons.
void add_records(HtmlPage& page, const Json& records);
/// A warning if evaluated records trained the run.
void add_trained(HtmlPage& page, const Json& document);
/// Values with intervals on an axis that holds them all; nothing if there are none.
void add_dots(HtmlPage& page, const std::string& title, const std::string& axis, const std::vector<Dot>& dots,
              std::optional<double> mark, const std::string& caption);
void add_cmrs(HtmlPage& page, const Json& cmrs);
/// Command, weights, store, prompts, device: what would make it again.
void add_origin(HtmlPage& page, const ResultFile& file);

}  // namespace scar::report
