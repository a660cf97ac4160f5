#include "scar/report/run_report.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "result_reading.h"
#include "result_sections.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::report {

namespace {

struct Kind {
  const char* name;
  void (*section)(HtmlPage&, const ResultFile&);
  std::vector<Answer> (*answers)(const Json&);  // its lines of the summary; null: none
};
/// In the order of the page.
constexpr Kind kKinds[] = {{"zero-shot", zero_shot_section, zero_shot_answers},
                           {"sweep", sweep_section, sweep_answers},
                           {"retrieval", retrieval_section, retrieval_answers},
                           {"linear-probe", probe_section, probe_answers},
                           {"knn-probe", probe_section, probe_answers},
                           {"kshot-probe", probe_section, probe_answers},
                           {"fine-tuning", probe_section, probe_answers},
                           {"evidence", evidence_section, evidence_answers},
                           {"curves", curves_section, nullptr}};

/// Where a result's kind stands among kKinds; their number if it is of none.
std::size_t place_of(const ResultFile& file) {
  if (text(at(*file.document, "format")) != "scar-result")
    throw Error(Code::data_unreadable, "the file is no result").at(file.name).wanted("\"format\": \"scar-result\"");
  const auto kind = text(at(*file.document, "kind"));
  return static_cast<std::size_t>(
      std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind& known) { return kind == known.name; }) -
      std::begin(kKinds));
}

}  // namespace

std::string run_report(const std::string& run, const std::vector<ResultFile>& results,
                       const std::vector<EcgFigure>& ecgs) {
  HtmlPage page(cat("scar: ", run), cat(results.size(), results.size() == 1 ? " result" : " results"));
  auto files = results;
  std::stable_sort(files.begin(), files.end(),
                   [](const ResultFile& a, const ResultFile& b) { return place_of(a) < place_of(b); });
  std::vector<Answer> summary;
  for (const auto& file : files) {
    const auto place = place_of(file);
    if (place == std::size(kKinds) || kKinds[place].answers == nullptr) continue;
    for (auto& answer : kKinds[place].answers(*file.document)) summary.push_back(std::move(answer));
  }
  summary_section(page, summary);
  std::string unknown;
  for (const auto& file : files) {
    const auto place = place_of(file);
    if (place < std::size(kKinds))
      kKinds[place].section(page, file);
    else
      unknown += cat(unknown.empty() ? "" : ", ", file.name, " (", text(at(*file.document, "kind")), ")");
  }
  if (!ecgs.empty()) page.section("ECGs");
  for (const auto& ecg : ecgs) page.figure(ecg.drawing, ecg.caption);
  page.section("About this page");
  page.paragraph(
      "Every figure is defined in docs/metrics.md, every mark of an ECG in docs/report.md. Intervals are over patients "
      "and say nothing of another training run. Not for clinical use.");
  if (!unknown.empty()) page.paragraph(cat("Not shown, because this page does not know their kind: ", unknown, "."));
  return page.text();
}

}  // namespace scar::report
