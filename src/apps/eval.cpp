#include "eval_verb.h"
#include "scar/apps/run.h"

namespace scar::apps {

int eval(int argc, const char* const* argv) {
  Arguments arguments("scar-eval", "Measures a trained model, with and without missing evidence.", kEvalExample, argc,
                      argv);
  Verbs verbs;
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
  return run_chosen(verbs, arguments, "scar-eval --help");
}

}  // namespace scar::apps
