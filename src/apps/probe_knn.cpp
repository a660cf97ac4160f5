#include <memory>
#include <set>

#include <nlohmann/json.hpp>

#include "probe_features.h"
#include "probe_report.h"
#include "probe_study.h"
#include "probe_verb.h"
#include "scar/core/cat.h"
#include "scar/evaluation/neighbours.h"

namespace scar::apps {

namespace {

using namespace evaluation;

class KnnVerb final : public Verb {
 public:
  explicit KnnVerb(Arguments& arguments)
      : Verb(arguments.verb("knn",
                            "k nearest neighbours by the cosine of frozen features: what the encoder knows with "
                            "nothing fitted.",
                            "scar-probe knn runs/tiny --data stores/synth --task synth --fraction 1")) {
    features_.features = "embedding";
    flags_.declare(command_);
    fractions_.declare(command_);
    features_.declare(command_);
    learn_.declare(command_);
    command_.option("--k", ks_,
                    "neighbours, to choose from by the macro AUROC on the selection folds; may be repeated (default: "
                    "1, 2, 5, 10, 20, 50, 100, 200 and 500)");
  }
  int run(const Arguments& arguments) override {
    fractions_.check();
    features_.check();
    learn_.check();
    const auto options = neighbour_options();
    auto inputs = load_probe_inputs(flags_);
    const auto choices = fractions_.choices(inputs);
    ProbeReport report(inputs, flags_, arguments, "knn-probe",
                       cat("k nearest neighbours by ", features_.features, " features"));
    report.document()["features"] = features_.features;
    report.document()["temperature"] = options.temperature;
    report.document()["selection_rule"] =
        "one k for all classes: the best macro AUROC on the selection folds, the smallest of equals";
    const auto fit = [&](const ProbePart& train, const ProbePart& selection, const FeatureRow& row) {
      auto own = options;
      own.standardise = row.different_units;
      const auto probe = std::make_shared<NeighbourProbe>(fit_neighbours(train, selection, inputs.classes(), own));
      FittedToFeatures out;
      out.ways.emplace_back("", [probe](const ProbePart& part) { return probe->answer(part); });
      out.absent = probe->absent;
      out.note = cat("k = ", probe->k);
      Json figures = {{"k", probe->k}, {"ks", probe->ks}, {"selection_macro_auroc", Json::array()}};
      for (const auto& value : probe->selection_auroc) figures["selection_macro_auroc"].push_back(*value);
      out.figures = std::make_shared<Json>(std::move(figures));
      return out;
    };
    study_frozen(inputs, feature_rows(flags_, features_, inputs), learn_, choices, fit, report);
    return report.finish({fractions_.settings(), features_.settings(), learn_.probe_on, options.ks});
  }

 private:
  [[nodiscard]] NeighbourOptions neighbour_options() const {
    NeighbourOptions out;
    if (ks_.empty()) return out;
    std::set<std::int64_t> ks;
    for (const auto& text : ks_) ks.insert(parse_whole("--k", text, 1, 100000));
    out.ks.assign(ks.begin(), ks.end());
    return out;
  }

  ProbeFlags flags_;
  FractionFlags fractions_;
  FeatureFlags features_;
  LearnFlags learn_;
  std::vector<std::string> ks_;
};

}  // namespace

std::unique_ptr<Verb> knn_verb(Arguments& arguments) { return std::make_unique<KnnVerb>(arguments); }

}  // namespace scar::apps
