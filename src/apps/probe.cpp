#include "probe_verb.h"
#include "scar/apps/run.h"

namespace scar::apps {

int probe(int argc, const char* const* argv) {
  Arguments arguments("scar-probe", "Asks what a trained encoder knows that a little supervision can find.",
                      kProbeExample, argc, argv);
  Verbs verbs;
  verbs.push_back(linear_verb(arguments));
  verbs.push_back(knn_verb(arguments));
  verbs.push_back(kshot_verb(arguments));
  verbs.push_back(finetune_verb(arguments));
  if (!arguments.parse()) return 0;
  return run_chosen(verbs, arguments, "scar-probe --help");
}

}  // namespace scar::apps
