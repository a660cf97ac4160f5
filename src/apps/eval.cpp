#include <memory>
#include <vector>

#include "eval_verb.h"
#include "scar/apps/run.h"
#include "scar/core/error.h"

namespace scar::apps {

int eval(int argc, const char* const* argv) {
  Arguments arguments("scar-eval", "Measures a trained model, with and without missing evidence.", kEvalExample, argc,
                      argv);
  std::vector<std::unique_ptr<EvalVerb>> verbs;
  verbs.push_back(zero_shot_verb(arguments));
  verbs.push_back(sweep_verb(arguments));
  verbs.push_back(compare_verb(arguments));
  verbs.push_back(evidence_verb(arguments));
  verbs.push_back(curves_verb(arguments));
  verbs.push_back(report_verb(arguments));
  verbs.push_back(plot_verb(arguments));
  verbs.push_back(embed_verb(arguments));
  verbs.push_back(retrieval_verb(arguments));
  verbs.push_back(predict_verb(arguments));
  verbs.push_back(calibrate_verb(arguments));
  if (!arguments.parse()) return 0;
  for (const auto& verb : verbs) {
    if (verb->chosen()) return verb->run(arguments);
  }
  throw Error(Code::usage, "nothing to do").at("command line").wanted("a verb").hint("scar-eval --help");
}

}  // namespace scar::apps
