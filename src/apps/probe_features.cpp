#include "probe_features.h"

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/log.h"
#include "scar/evaluation/lead_statistics.h"

namespace scar::apps {

using namespace evaluation;

void FeatureFlags::declare(Command& command) {
  command.option("--features", features,
                 "pooled: tokens pooled before the projection; embedding: what is aligned with texts");
  command.option("--random-encoders", random_encoders,
                 "encoders of the run's shape with fresh weights, seeds 0, 1, ..., beside the run; at least 1");
}

void FeatureFlags::check() const {
  (void)parse_features(features);
  require_range("--random-encoders", random_encoders, 1, 100);
}

Json FeatureFlags::settings() const { return {{"features", features}, {"random_encoders", random_encoders}}; }

std::vector<FeatureRow> feature_rows(const ProbeFlags& flags, const FeatureFlags& features, ProbeInputs& inputs) {
  EmbedOptions options;
  options.device = inputs.loaded.device;
  options.precision = inputs.loaded.precision;
  options.batch = flags.batch;
  options.features = parse_features(features.features);
  const auto by_encoder = [&inputs, options](std::shared_ptr<model::DualEncoder> encoder, const std::string& name) {
    return [&inputs, options, encoder = std::move(encoder), name](const std::vector<std::int64_t>& records,
                                                                  const RemoveTokens& remove) {
      log::progress(cat("features of ", name, ": ", records.size(), " records"));
      return embed_records(*encoder, inputs.loaded.store, records, options, remove);
    };
  };
  std::vector<FeatureRow> rows;
  rows.push_back(
      {"run", false, {{"run", [by_encoder, &inputs] { return by_encoder(inputs.loaded.run.model, "the run"); }}}});
  FeatureRow fresh{"random encoders", false, {}};
  for (long long seed = 0; seed < features.random_encoders; ++seed) {
    const auto name = cat("random encoder ", seed);
    fresh.members.push_back({name, [by_encoder, &inputs, seed, name] {
                               auto encoder = std::make_shared<model::DualEncoder>(inputs.loaded.run.model->options(),
                                                                                   static_cast<std::uint64_t>(seed));
                               encoder->to(inputs.loaded.device);
                               return by_encoder(std::move(encoder), name);
                             }});
  }
  rows.push_back(std::move(fresh));
  rows.push_back({"lead statistics", true, {{"lead statistics", [&inputs, options]() -> MakeFeatures {
                                               return [&inputs, options](const std::vector<std::int64_t>& records,
                                                                         const RemoveTokens& remove) {
                                                 log::progress(cat("lead statistics: ", records.size(), " records"));
                                                 return lead_statistics(inputs.loaded.store, records,
                                                                        inputs.patch_samples(), options, remove);
                                               };
                                             }}}});
  return rows;
}

}  // namespace scar::apps
