#include <memory>
#include <set>

#include <nlohmann/json.hpp>

#include "probe_features.h"
#include "probe_logistic.h"
#include "probe_report.h"
#include "probe_study.h"
#include "probe_verb.h"
#include "scar/core/cat.h"
#include "scar/evaluation/labelled_subset.h"

namespace scar::apps {

namespace {

class KshotVerb final : public Verb {
 public:
  explicit KshotVerb(Arguments& arguments)
      : Verb(arguments.verb("kshot", "The linear probe with k examples of each class, and of none of them.",
                            "scar-probe kshot runs/tiny --data stores/synth --task synth --shots 4 --shots 16")) {
    flags_.declare(command_);
    command_.option("--shots", shots_,
                    "examples of each class, by whole patients, nested; may be repeated (default: 1, 2, 4, 8, 16 and "
                    "32)");
    command_.option("--shot-seeds", shot_seeds_, "choices of the examples, seeds 0, 1, ...");
    features_.declare(command_);
    learn_.declare(command_);
    logistic_.declare(command_);
  }
  int run(const Arguments& arguments) override {
    require_range("--shot-seeds", shot_seeds_, 1, 1000);
    const auto ks = amounts();
    features_.check();
    learn_.check();
    logistic_.check();
    auto inputs = load_probe_inputs(flags_);
    ProbeReport report(inputs, flags_, arguments, "kshot-probe",
                       cat("linear probe of ", features_.features, " features with k examples of each class"));
    report.document()["features"] = features_.features;
    report.document()["selection_rule"] = logistic_.rule();
    study_frozen(inputs, feature_rows(flags_, features_, inputs), learn_, choices(inputs, ks),
                 logistic_.fit(inputs.classes()), report);
    return report.finish({ks, shot_seeds_, features_.settings(), learn_.probe_on, logistic_.settings()});
  }

 private:
  [[nodiscard]] std::vector<std::int64_t> amounts() const {
    if (shots_.empty()) return {1, 2, 4, 8, 16, 32};
    std::set<std::int64_t> out;
    for (const auto& text : shots_) out.insert(parse_whole("--shots", text, 1, 100000));
    return {out.begin(), out.end()};
  }
  [[nodiscard]] std::vector<LabelChoice> choices(const ProbeInputs& inputs, const std::vector<std::int64_t>& ks) const {
    const auto& train = inputs.parts[kTrain];
    const auto& store = inputs.loaded.store;
    const auto ids = train.ids(store), patients = train.patients(store);
    std::vector<LabelChoice> out;
    for (const auto k : ks) {
      auto& choice = out.emplace_back(LabelChoice{cat("k = ", k), "k", static_cast<double>(k), {}});
      for (long long seed = 0; seed < shot_seeds_; ++seed) {
        choice.sets.push_back({seed, evaluation::few_shot_rows(patients, ids, train.labels, train.classes, k,
                                                               static_cast<std::uint64_t>(seed))});
      }
    }
    return out;
  }

  ProbeFlags flags_;
  std::vector<std::string> shots_;
  long long shot_seeds_ = 5;
  FeatureFlags features_;
  LearnFlags learn_;
  LogisticFlags logistic_;
};

}  // namespace

std::unique_ptr<Verb> kshot_verb(Arguments& arguments) { return std::make_unique<KshotVerb>(arguments); }

}  // namespace scar::apps
