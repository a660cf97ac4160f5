#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scar/evaluation/critical.h"
#include "scar/evaluation/macro_mean.h"
#include "scar/evaluation/scorer.h"

/// Deletion and insertion curves (docs/method.md, section 7; docs/metrics.md, "Curves"): whether the tokens that a
/// measure puts first are those that the score needs.
namespace scar::evaluation {

/// Deletion removes this share of the visible tokens, the first of the order. Insertion shows 1 - share of them, the
/// first of the order.
inline constexpr std::array<double, 12> kCurveShares = {0, .05, .1, .2, .3, .4, .5, .6, .7, .8, .9, .95};

/// Scores along kCurveShares.
struct RemovalCurve {
  std::array<double, kCurveShares.size()> deletion{}, insertion{};
};
/// Area by trapezoids over the share / the range of the shares: the mean score along the curve.
[[nodiscard]] double curve_area(const std::array<double, kCurveShares.size()>& scores);

/// A positive record of a class, with what measures say about its tokens (larger = sooner).
struct CurvePair {
  Target target;
  std::string id, patient;
  std::vector<std::uint8_t> visible;          // [tokens] of the record itself; at least one
  std::vector<std::vector<double>> measures;  // [measures][tokens]
};
struct PairCurves {
  RemovalCurve random;                 // mean over the random orders
  std::vector<RemovalCurve> measures;  // as CurvePair::measures
};

struct CurveOptions {
  int random_orders = 4;
  std::uint64_t seed = 0;
  BootstrapOptions bootstrap{.resamples = 1000};
  std::int64_t pairs_at_once = 16;  // bounds memory; the result does not depend on it
};

/// Random orders follow from (seed, record id). They also break the ties of a measure, each in turn, and the curve of the
/// measure is the mean over them: one that tells no tokens apart has exactly the random curve. Random insertion is random
/// deletion seen from its end. Asks the scorer by Query::kept.
[[nodiscard]] std::vector<PairCurves> removal_curves(Scorer& scorer, const std::vector<CurvePair>& pairs,
                                                     const CurveOptions& options, const Progress& progress = {});

/// A measure against random order. Areas are means over the class's pairs, then over the classes.
struct CurveDifference {
  std::optional<double> area, difference;  // of the measure; area - that of random order
  std::optional<Interval> interval;        // of the difference, patients resampled
};
struct CurveFigures {
  std::optional<double> random;           // area of random order
  std::vector<CurveDifference> measures;  // as CurveStudy::measures
};
struct ClassCurves {
  std::string name;
  std::int64_t pairs = 0;
  CurveFigures deletion, insertion;
};
struct CurveStudy {
  std::vector<std::string> measures;
  std::vector<ClassCurves> classes;
  CurveFigures deletion, insertion;  // macro: mean over the classes with pairs
  RemovalCurve random_curve;         // macro mean score at each share
  std::vector<RemovalCurve> curves;  // likewise, per measure

  /// The whole interval of the macro difference lies on the better side: below 0 for deletion, above for insertion.
  [[nodiscard]] bool beats_random(std::size_t measure, bool insertion) const;
};
[[nodiscard]] CurveStudy study_curves(const std::vector<std::string>& classes, const std::vector<std::string>& measures,
                                      const std::vector<CurvePair>& pairs, const std::vector<PairCurves>& curves,
                                      const CurveOptions& options);

}  // namespace scar::evaluation
