#include <nlohmann/json.hpp>

#include "probe_features.h"
#include "probe_logistic.h"
#include "probe_report.h"
#include "probe_study.h"
#include "probe_verb.h"
#include "scar/core/cat.h"

namespace scar::apps {

namespace {

class LinearVerb final : public Verb {
 public:
  explicit LinearVerb(Arguments& arguments)
      : Verb(arguments.verb("linear",
                            "L2 logistic regression per class on frozen features, beside random encoders of the "
                            "same shape and statistics of the leads.",
                            kProbeExample)) {
    flags_.declare(command_);
    fractions_.declare(command_);
    features_.declare(command_);
    learn_.declare(command_);
    logistic_.declare(command_);
  }
  int run(const Arguments& arguments) override {
    fractions_.check();
    features_.check();
    learn_.check();
    logistic_.check();
    auto inputs = load_probe_inputs(flags_);
    const auto choices = fractions_.choices(inputs);
    ProbeReport report(inputs, flags_, arguments, "linear-probe",
                       cat("linear probe of ", features_.features, " features"));
    report.document()["features"] = features_.features;
    report.document()["selection_rule"] = logistic_.rule();
    study_frozen(inputs, feature_rows(flags_, features_, inputs), learn_, choices, logistic_.fit(inputs.classes()),
                 report);
    return report.finish({fractions_.settings(), features_.settings(), learn_.probe_on, logistic_.settings()});
  }

 private:
  ProbeFlags flags_;
  FractionFlags fractions_;
  FeatureFlags features_;
  LearnFlags learn_;
  LogisticFlags logistic_;
};

}  // namespace

std::unique_ptr<Verb> linear_verb(Arguments& arguments) { return std::make_unique<LinearVerb>(arguments); }

}  // namespace scar::apps
