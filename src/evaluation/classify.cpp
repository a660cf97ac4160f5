#include "scar/evaluation/classify.h"

#include <ATen/core/grad_mode.h>

#include "read_batches.h"
#include "scar/training/ecg_input.h"

namespace scar::evaluation {

EmbeddedRecords classify_records(model::EcgClassifier& classifier, const data::RecordSource& source,
                                 const std::vector<std::int64_t>& records, const EmbedOptions& options,
                                 const RemoveTokens& remove) {
  classifier.eval();
  const at::NoGradGuard no_grad;
  const tensor::Autocast autocast(options.device, options.precision);
  const auto patch = classifier.ecg->options().ecg.patch_samples;
  return read_records(source, records, patch, options, remove, [&](const data::Batch& batch) {
    return classifier.forward(training::ecg_input(batch, source.samples(), patch, options.device));
  });
}

}  // namespace scar::evaluation
