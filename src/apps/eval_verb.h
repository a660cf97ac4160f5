#pragma once

#include <memory>

#include "verb.h"

namespace scar::apps {

inline constexpr const char* kEvalExample =
    "scar-eval zeroshot runs/tiny --data stores/synth --task synth --mask joint:0.5 --mask critical:0.5";

[[nodiscard]] std::unique_ptr<Verb> zero_shot_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<Verb> sweep_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<Verb> compare_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<Verb> evidence_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<Verb> curves_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<Verb> report_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<Verb> plot_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<Verb> embed_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<Verb> retrieval_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<Verb> predict_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<Verb> calibrate_verb(Arguments& arguments);

}  // namespace scar::apps
