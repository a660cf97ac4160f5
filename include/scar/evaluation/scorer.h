#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "scar/data/masks.h"

namespace scar::evaluation {

/// One question to a model: the score of a label for a record from which units were removed.
struct Query {
  std::int64_t record = 0;                  // row of the evaluated records
  std::int64_t label = 0;                   // column of the task
  const data::UnitMask* removed = nullptr;  // null: nothing removed
  const std::uint8_t* kept = nullptr;  // [tokens of the model], 1 = may be seen: for those who remove tokens that are
                                       // shorter than a unit; null: all
};

/// What attacks and missingness measures need to know of a model; so they can be tried on models that are one line
/// long.
class Scorer {
 public:
  virtual ~Scorer() = default;

  [[nodiscard]] virtual const data::UnitGrid& grid() const = 0;
  [[nodiscard]] virtual std::int64_t records() const = 0;
  /// [units] of a record, unit = lead * blocks + block: 1 if the record itself has something visible there.
  [[nodiscard]] virtual const std::uint8_t* available(std::int64_t record) const = 0;
  /// Whether anything of the record is left under a mask. A unit that is available and not removed counts as left.
  [[nodiscard]] virtual bool visible_under(std::int64_t record, const data::UnitMask& mask) const;
  /// One score per query. The answer to a query does not depend on the others.
  [[nodiscard]] virtual std::vector<double> score(std::span<const Query> queries) = 0;
  /// Derivative of each query's score by the keep weight of each unit, [queries, units], at the query's mask; 0 where
  /// nothing is visible. Empty: this model has no derivative.
  [[nodiscard]] virtual std::vector<float> saliency(std::span<const Query> queries);
};

/// Rows in an order that depends on (seed, purpose, label, record id) alone: "chosen by hash" means a prefix of it.
[[nodiscard]] std::vector<std::int64_t> hash_order(std::vector<std::int64_t> rows, const std::vector<std::string>& ids,
                                                   std::uint64_t seed, const std::string& purpose,
                                                   const std::string& label);

/// The 64-bit number behind such choices.
[[nodiscard]] std::uint64_t choice_hash(std::uint64_t seed, const std::string& purpose, const std::string& label,
                                        const std::string& id);

}  // namespace scar::evaluation
