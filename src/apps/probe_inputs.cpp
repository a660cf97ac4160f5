#include "probe_inputs.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/log.h"
#include "scar/data/store/splits.h"

namespace scar::apps {

using namespace evaluation;

void ProbeFlags::declare(Command& command) {
  EvaluationFlags::declare(command);
  command.option("--train-folds", train_folds, "1,2,3: instead of the store's");
  command.option("--selection-folds", selection_folds,
                 "that choose what is left to choose, instead of the store's validation folds");
  command.option("--test-folds", test_folds, "that are evaluated, instead of the store's test folds");
  command.option("--mask", masks, cat("evaluated under this as well: ", data::mask_grammar(), "; may be repeated"));
  command.option("--seed", seed, "of masks and of intervals over patients");
}

std::vector<std::string> ProbeRecords::patients(const data::Store& store) const {
  std::vector<std::string> out;
  out.reserve(records.size());
  for (const auto record : records) out.push_back(store.patient(record));
  return out;
}

ProbeInputs load_probe_inputs(const ProbeFlags& flags) {
  const std::array<std::vector<int>, 3> asked = {parse_folds(flags.train_folds, "--train-folds"),
                                                 parse_folds(flags.selection_folds, "--selection-folds"),
                                                 parse_folds(flags.test_folds, "--test-folds")};
  std::vector<data::MaskSpec> specs;
  for (const auto& text : flags.masks) specs.push_back(data::parse_mask(text));

  ProbeInputs out{load_inputs(flags), {}, {}, {}, {}, false};
  const auto& store = out.loaded.store;
  const auto& info = store.info();
  auto& split = out.split;
  split = probe_split(info.train_folds, info.validation_folds, info.test_folds, folds_present(store));
  const std::array<std::vector<int>*, 3> folds = {&split.train, &split.selection, &split.evaluation};
  bool own = false;
  for (std::size_t part = 0; part < 3; ++part) {
    if (asked[part].empty()) continue;
    *folds[part] = asked[part];
    own = true;
  }
  if (own) {
    split.rule = cat("as asked: trained on folds ", join(split.train), ", chosen on folds ", join(split.selection),
                     ", evaluated on folds ", join(split.evaluation));
  }
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t b = a + 1; b < 3; ++b) (void)data::check_patients_disjoint(store, *folds[a], *folds[b]);
  }
  for (std::size_t part = 0; part < 3; ++part) {
    static_cast<TaskRecords&>(out.parts[part]) =
        select_task_records(store, flags.task, *folds[part], out.patch_samples());
    out.parts[part].labels = labels_of(store, flags.task, out.parts[part].records);
  }
  out.trained_on = check_untrained(flags, out.loaded, out.parts[kEvaluation].records);
  out.on_test = std::any_of(split.evaluation.begin(), split.evaluation.end(), [&](int fold) {
    return std::find(info.test_folds.begin(), info.test_folds.end(), fold) != info.test_folds.end();
  });
  out.conditions.emplace_back();
  for (const auto& spec : specs) {
    auto& condition = out.conditions.emplace_back();
    condition.name = spec.text();
    for (std::size_t part = 0; part < 3; ++part) {
      condition.masks[part] = make_record_masks(store, out.parts[part].records, spec,
                                                static_cast<std::uint64_t>(flags.seed), out.patch_samples());
    }
  }
  log::info(cat(flags.task, ": ", split.rule, "; patients disjoint; ", out.parts[kTrain].records.size(), ", ",
                out.parts[kSelection].records.size(), " and ", out.parts[kEvaluation].records.size(), " records"));
  return out;
}

}  // namespace scar::apps
