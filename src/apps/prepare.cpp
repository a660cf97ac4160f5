#include "prepare_verb.h"
#include "scar/apps/run.h"
#include "scar/core/stop_flag.h"

namespace scar::apps {

int prepare(int argc, const char* const* argv) {
  Arguments arguments("scar-prepare",
                      "Fetches ECG datasets, makes stores of them and tokenizers of their reports, and checks them.",
                      "scar-prepare synth --out data/synth --records 20000", argc, argv);
  Verbs verbs;
  verbs.push_back(download_verb(arguments));
  verbs.push_back(synth_verb(arguments));
  verbs.push_back(ptbxl_verb(arguments));
  add_dataset_verbs(arguments, verbs);
  verbs.push_back(tokenizer_verb(arguments));
  verbs.push_back(info_verb(arguments));
  verbs.push_back(verify_verb(arguments));
  verbs.push_back(duplicates_verb(arguments));
  verbs.push_back(split_verb(arguments));
  verbs.push_back(merge_verb(arguments));
  if (!arguments.parse()) return 0;
  install_stop_handlers();
  return run_chosen(verbs, arguments, "scar-prepare --help");
}

}  // namespace scar::apps
