#pragma once

#include <memory>

#include "scar/apps/arguments.h"

namespace scar::apps {

inline constexpr const char* kProbeExample =
    "scar-probe linear runs/tiny --data stores/synth --task synth --fraction 0.1 --fraction 1";

/// One verb of scar-probe. Declares its arguments when it is made; run() returns the exit status.
class ProbeVerb {
 public:
  virtual ~ProbeVerb() = default;
  [[nodiscard]] virtual bool chosen() const = 0;
  virtual int run(const Arguments& arguments) = 0;
};

[[nodiscard]] std::unique_ptr<ProbeVerb> linear_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<ProbeVerb> knn_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<ProbeVerb> kshot_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<ProbeVerb> finetune_verb(Arguments& arguments);

}  // namespace scar::apps
