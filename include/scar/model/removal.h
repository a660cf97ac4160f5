#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

namespace scar::model {

/// What is removed together: single tokens, whole leads, or one patch of all leads.
enum class Structure { free, lead, segment };
[[nodiscard]] const char* structure_name(Structure structure);

/// Decides the noise of a removal: the same key gives the same noise, on the CPU and on CUDA.
struct NoiseKey {
  std::uint64_t seed = 0;
  std::int64_t step = 0;
  std::int64_t purpose = 0;       // tells draws of one step apart
  std::int64_t first_sample = 0;  // position of row 0 in the whole batch, when the batch comes in pieces
};

struct Removal {
  at::Tensor keep;          // [B, N] float: 1 kept, 0 removed or invisible, exactly; gradient of the soft removal
  at::Tensor hard;          // [B, N] bool: kept (visible and not removed)
  at::Tensor soft;          // [B, N] float: soft removal sigmoid(u) in [0, 1], with gradient; 0 where invisible
  at::Tensor count;         // [B] int64: tokens removed
  at::Tensor units;         // [B] int64: units removed (free: tokens; lead: leads; segment: segments)
  at::Tensor budget_error;  // [B] float: |sum of soft removal over units - units|
};

/// Removes a share of the visible tokens (docs/method.md, section 6): Gumbel-sigmoid with an exact budget.
/// logits [B, N] (N = 12 * P, lead-major; zeros with noise = a random mask), visible [B, N] bool.
/// Units to remove of V visible ones: min(floor(share * V + 1/2), V - spare), never below 0; spare = min_visible for
/// `free`, 1 unit for `lead` and `segment`. A unit is visible if one of its tokens is; its logit is the mean over its
/// visible tokens, its noise is one draw.
/// Hard: exactly the units with the largest logit + noise, ties by the lower index. Soft: sigmoid((a + g - lambda) /
/// temperature), lambda so that it sums to the number of units, differentiated implicitly.
/// share in [0, 1); 0 removes nothing and draws no noise. noise absent: g = 0 (evaluation).
/// Computed in float, or double if logits are double.
[[nodiscard]] Removal remove(const at::Tensor& logits, const at::Tensor& visible, double share, Structure structure,
                             double temperature, std::int64_t min_visible, const std::optional<NoiseKey>& noise);

/// lambda of scar::tensor::budget_threshold with its gradient to scores: d lambda / d scores =
/// softmax over the available of (log sigmoid(u) + log sigmoid(-u)), u = (scores - lambda) / temperature.
[[nodiscard]] at::Tensor differentiable_threshold(const at::Tensor& scores, const at::Tensor& available,
                                                  const at::Tensor& count, double temperature);

}  // namespace scar::model
