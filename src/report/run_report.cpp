#include "scar/report/run_report.h"

#include <functional>
#include <map>

#include <nlohmann/json.hpp>

#include "result_reading.h"
#include "result_sections.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::report {

namespace {

const std::map<std::string, std::function<void(HtmlPage&, const ResultFile&)>>& sections() {
  static const std::map<std::string, std::function<void(HtmlPage&, const ResultFile&)>> all = {
      {"zero-shot", zero_shot_section}, {"sweep", sweep_section},       {"linear-probe", probe_section},
      {"knn-probe", probe_section},     {"kshot-probe", probe_section}, {"fine-tuning", probe_section},
      {"retrieval", retrieval_section}, {"evidence", evidence_section}, {"curves", curves_section}};
  return all;
}

}  // namespace

std::string run_report(const std::string& run, const std::vector<ResultFile>& results,
                       const std::vector<EcgFigure>& ecgs) {
  HtmlPage page(cat("scar: ", run), cat(results.size(), results.size() == 1 ? " result" : " results"));
  std::vector<std::string> unknown;
  for (const auto& file : results) {
    if (text(at(*file.document, "format")) != "scar-result")
      throw Error(Code::data_unreadable, "the file is no result").at(file.name).wanted("\"format\": \"scar-result\"");
    const auto found = sections().find(text(at(*file.document, "kind")));
    if (found == sections().end())
      unknown.push_back(cat(file.name, " (", text(at(*file.document, "kind")), ")"));
    else
      found->second(page, file);
  }
  if (!ecgs.empty()) page.section("ECGs");
  for (const auto& ecg : ecgs) page.figure(ecg.drawing, ecg.caption);
  page.section("About this page");
  page.paragraph(
      "Every figure is defined in docs/metrics.md, every mark of an ECG in docs/report.md. Intervals are over patients "
      "and say nothing of another training run. Not for clinical use.");
  if (!unknown.empty()) {
    std::string list;
    for (const auto& name : unknown) list += cat(list.empty() ? "" : ", ", name);
    page.paragraph(cat("Not shown, because this page does not know their kind: ", list, "."));
  }
  return page.text();
}

}  // namespace scar::report
