#pragma once

#include <string>
#include <vector>

#include "scar/core/json.h"
#include "scar/report/drawing.h"

namespace scar::report {

/// A result as scar-eval and scar-probe write it.
struct ResultFile {
  std::string name;  // of the file
  const Json* document = nullptr;
};

struct EcgFigure {
  Drawing drawing;
  std::string caption;
};

/// One page about a run: what each result says, with intervals and charts, then ECGs. docs/report.md. Results of kinds that
/// it does not know, and members that a result lacks, are named on the page, never guessed. Error data_unreadable for a
/// document that is no result.
[[nodiscard]] std::string run_report(const std::string& run, const std::vector<ResultFile>& results,
                                     const std::vector<EcgFigure>& ecgs);

}  // namespace scar::report
