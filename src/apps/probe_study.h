#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "probe_features.h"
#include "probe_inputs.h"
#include "probe_labels.h"
#include "probe_report.h"
#include "scar/core/json.h"
#include "scar/evaluation/probe.h"

/// The one loop behind linear, knn and kshot: rows of features x amounts of labels x choices of labels x conditions.
namespace scar::apps {

/// A probe that was fitted to frozen features. It may have learnt in several ways ("" is the first; "train+val").
struct FittedToFeatures {
  std::vector<std::pair<std::string, std::function<evaluation::ScoreTable(const evaluation::ProbePart&)>>> ways;
  std::vector<std::string> absent;
  std::string note;                     // what was chosen
  std::shared_ptr<const Json> figures;  // the same and more, for the document
};
/// Sees training and selection rows alone.
using FitFeatures = std::function<FittedToFeatures(const evaluation::ProbePart& train,
                                                   const evaluation::ProbePart& selection, const FeatureRow& row)>;

/// Under which condition a probe learns and chooses: `clean`, and then answers under each condition; or `masked`, one
/// probe per condition that learns, chooses and answers under it.
struct LearnFlags {
  std::string probe_on = "clean";

  void declare(Command& command);
  void check() const;
};

void study_frozen(const ProbeInputs& inputs, const std::vector<FeatureRow>& rows, const LearnFlags& learn,
                  const std::vector<LabelChoice>& choices, const FitFeatures& fit, ProbeReport& report);

}  // namespace scar::apps
