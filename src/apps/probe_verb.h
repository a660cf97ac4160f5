#pragma once

#include <memory>

#include "verb.h"

namespace scar::apps {

inline constexpr const char* kProbeExample =
    "scar-probe linear runs/tiny --data stores/synth --task synth --fraction 0.1 --fraction 1";

[[nodiscard]] std::unique_ptr<Verb> linear_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<Verb> knn_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<Verb> kshot_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<Verb> finetune_verb(Arguments& arguments);

}  // namespace scar::apps
