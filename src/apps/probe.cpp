#include <memory>
#include <vector>

#include "probe_verb.h"
#include "scar/apps/run.h"
#include "scar/core/error.h"

namespace scar::apps {

int probe(int argc, const char* const* argv) {
  Arguments arguments("scar-probe", "Asks what a trained encoder knows that a little supervision can find.",
                      kProbeExample, argc, argv);
  std::vector<std::unique_ptr<ProbeVerb>> verbs;
  verbs.push_back(linear_verb(arguments));
  verbs.push_back(knn_verb(arguments));
  verbs.push_back(kshot_verb(arguments));
  verbs.push_back(finetune_verb(arguments));
  if (!arguments.parse()) return 0;
  for (const auto& verb : verbs) {
    if (verb->chosen()) return verb->run(arguments);
  }
  throw Error(Code::usage, "nothing to do").at("command line").wanted("a verb").hint("scar-probe --help");
}

}  // namespace scar::apps
