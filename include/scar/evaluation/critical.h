#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scar/data/masks.h"
#include "scar/evaluation/scorer.h"

/// The critical attack (docs/method.md, section 9): which evidence must go so that a model loses a diagnosis. It is one
/// attack for all models and knows nothing of a model's own masker.
namespace scar::evaluation {

/// What is removed as a whole: a lead, a block of all leads, a unit (lead x block), or, `joint`, leads and blocks of all
/// leads, of each kind the share s that leaves (1 - s)^2 = 1 - rate of the units.
enum class Structure { leads, segments, tokens, joint };

[[nodiscard]] const char* structure_name(Structure structure);
[[nodiscard]] Structure parse_structure(const std::string& name);  // throws Error(unknown_mask)

struct AttackOptions {
  Structure structure = Structure::leads;
  std::vector<double> rates = {.25, .5, .75};  // ascending; shares of what the record itself has
  std::uint64_t seed = 0;                      // of the random masks
  int random_masks = 8;
  int rounds = 16;                    // but for leads: 1/16 of the groups is removed per round
  std::int64_t targets_at_once = 64;  // bounds memory; the result does not depend on it
};

/// A positive record of a label, whose score is to be lowered.
struct Target {
  std::int64_t record = 0;
  std::int64_t label = 0;
  [[nodiscard]] auto operator<=>(const Target&) const = default;
};

enum class Attack { saliency, leave_one_out, random };
inline constexpr int kAttacks = 3;
[[nodiscard]] const char* attack_name(Attack attack);

/// One per rate. At every rate the same number of groups, K = min(round(rate * groups), groups - 1), is removed by each
/// attack; with `joint` so many of each kind, s in place of the rate.
struct AttackStage {
  data::UnitMask mask;
  std::int64_t removed_groups = 0;
  double score = 0;  // under `mask`
  Attack winner = Attack::saliency;
  std::array<std::optional<double>, kAttacks> attack_scores{};  // lowest score of each attack that was possible
};

/// The masks of the rates are nested: the attacks of a rate go on from the mask found at the rate before, and the
/// lowest score of (a) saliency, greedy, renewed each round, (b) greedy leave-one-out (structures of at most 16
/// groups), (c) the worst of `random_masks` random completions decides. Ties go to the earlier letter.
struct AttackResult {
  Target target;
  std::vector<AttackStage> stages;
};

using Progress = std::function<void(std::int64_t done, std::int64_t total)>;

[[nodiscard]] std::vector<AttackResult> attack(Scorer& scorer, const std::vector<Target>& targets,
                                               const std::vector<std::string>& ids,
                                               const std::vector<std::string>& labels, const AttackOptions& options,
                                               const Progress& progress = {});

/// Masks of equal K that know nothing of the model: prefixes of one permutation of the record's groups, drawn by
/// (seed, label, record id).
[[nodiscard]] std::vector<data::UnitMask> random_masks(const Scorer& scorer, const Target& target,
                                                       const std::string& id, const std::string& label,
                                                       const AttackOptions& options);

}  // namespace scar::evaluation
