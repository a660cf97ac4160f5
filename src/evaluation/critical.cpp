#include "scar/evaluation/critical.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/random.h"

namespace scar::evaluation {
namespace {

constexpr std::size_t kMostGroupsLeftOneOut = 16;

/// Structure `joint` counts leads and blocks apart; the others have one kind of groups.
constexpr std::size_t kKinds = 2;
using PerKind = std::array<std::size_t, kKinds>;

/// The groups of a record: those of the structure of which it has something, as lists of units.
class Groups {
 public:
  Groups(const Scorer& scorer, std::int64_t record, Structure structure)
      : structure_(structure), blocks_(scorer.grid().blocks) {
    const auto* there = scorer.available(record);
    const auto add = [&](std::vector<std::int64_t> units, std::size_t kind) {
      if (std::none_of(units.begin(), units.end(), [&](std::int64_t unit) { return there[unit] != 0; })) return;
      groups_.push_back(std::move(units));
      kinds_.push_back(kind);
      ++sizes_[kind];
    };
    if (structure == Structure::tokens) {
      for (std::int64_t unit = 0; unit < 12 * blocks_; ++unit) add({unit}, 0);
    }
    if (structure == Structure::leads || structure == Structure::joint) {
      for (std::int64_t lead = 0; lead < 12; ++lead) {
        std::vector<std::int64_t> units;
        for (std::int64_t block = 0; block < blocks_; ++block) units.push_back(lead * blocks_ + block);
        add(std::move(units), 0);
      }
    }
    if (structure == Structure::segments || structure == Structure::joint) {
      for (std::int64_t block = 0; block < blocks_; ++block) {
        std::vector<std::int64_t> units;
        for (std::int64_t lead = 0; lead < 12; ++lead) units.push_back(lead * blocks_ + block);
        add(std::move(units), structure == Structure::joint ? 1 : 0);
      }
    }
  }

  [[nodiscard]] std::size_t size() const { return groups_.size(); }
  [[nodiscard]] std::size_t kind(std::size_t group) const { return kinds_[group]; }
  [[nodiscard]] const std::vector<std::int64_t>& units(std::size_t group) const { return groups_[group]; }
  void remove(std::size_t group, data::UnitMask& mask) const {
    for (const auto unit : groups_[group]) mask.remove(unit / blocks_, unit % blocks_);
  }
  /// K of a rate; at least one group of each kind stays.
  [[nodiscard]] PerKind removed_at(double rate) const {
    const double share = structure_ == Structure::joint ? 1 - std::sqrt(1 - rate) : rate;
    PerKind out{};
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
      if (sizes_[kind] == 0) continue;
      const auto rounded = static_cast<std::size_t>(std::floor(share * static_cast<double>(sizes_[kind]) + .5));
      out[kind] = std::min(rounded, sizes_[kind] - 1);
    }
    return out;
  }

 private:
  Structure structure_;
  std::int64_t blocks_;
  std::vector<std::vector<std::int64_t>> groups_;
  std::vector<std::size_t> kinds_;  // of each group
  PerKind sizes_{};
};

/// A mask under construction: which groups are gone, and the units that this means.
struct Removal {
  explicit Removal(const data::UnitGrid& grid, std::size_t groups) : mask(grid), gone(groups, 0) {}
  void remove(const Groups& groups, std::size_t group) {
    groups.remove(group, mask);
    gone[group] = 1;
    ++counts[groups.kind(group)];
  }
  /// Whether this group may go on the way to `goal`.
  [[nodiscard]] bool may_remove(const Groups& groups, std::size_t group, const PerKind& goal) const {
    return gone[group] == 0 && counts[groups.kind(group)] < goal[groups.kind(group)];
  }
  [[nodiscard]] std::size_t left(const PerKind& goal) const {
    std::size_t out = 0;
    for (std::size_t kind = 0; kind < kKinds; ++kind) out += goal[kind] - counts[kind];
    return out;
  }
  data::UnitMask mask;
  std::vector<std::uint8_t> gone;
  PerKind counts{};
};

/// One target on its way through the rates.
struct Course {
  Target target;
  Groups groups;
  Removal prefix;  // found at the rates so far
  PerKind goal{};  // groups to be gone at the present rate
  AttackResult result;
};

struct Candidate {
  std::size_t course;
  Attack attack;
  Removal removal;
};

std::vector<double> score_candidates(Scorer& scorer, const std::vector<Course>& courses,
                                     const std::vector<Candidate>& candidates) {
  std::vector<Query> queries;
  queries.reserve(candidates.size());
  for (const auto& candidate : candidates) {
    const auto& target = courses[candidate.course].target;
    queries.push_back({target.record, target.label, &candidate.removal.mask});
  }
  return scorer.score(queries);
}

/// (a): removes what the score rises with, `rounds` times renewed. Adds nothing if the model has no derivative.
void add_saliency(Scorer& scorer, const std::vector<Course>& courses, const AttackOptions& options,
                  std::vector<Candidate>& out) {
  std::vector<Candidate> running;
  for (std::size_t c = 0; c < courses.size(); ++c) running.push_back({c, Attack::saliency, courses[c].prefix});
  const auto units = static_cast<std::size_t>(scorer.grid().units());
  for (;;) {
    std::vector<Query> queries;
    std::vector<std::size_t> asked;
    for (std::size_t c = 0; c < running.size(); ++c) {
      if (running[c].removal.left(courses[c].goal) > 0) {
        queries.push_back({courses[c].target.record, courses[c].target.label, &running[c].removal.mask});
        asked.push_back(c);
      }
    }
    if (queries.empty()) break;
    const auto slopes = scorer.saliency(queries);
    if (slopes.empty()) return;
    for (std::size_t q = 0; q < asked.size(); ++q) {
      const auto& course = courses[asked[q]];
      auto& removal = running[asked[q]].removal;
      const float* slope = slopes.data() + q * units;
      std::vector<std::pair<double, std::size_t>> ranked;  // (- derivative of the group, group): ties by index
      for (std::size_t group = 0; group < course.groups.size(); ++group) {
        if (!removal.may_remove(course.groups, group, course.goal)) continue;
        double sum = 0;  // of what is still there: groups of two kinds overlap
        for (const auto unit : course.groups.units(group)) {
          if (!removal.mask.removed(unit / scorer.grid().blocks, unit % scorer.grid().blocks))
            sum += static_cast<double>(slope[unit]);
        }
        ranked.emplace_back(-sum, group);
      }
      const auto share = static_cast<std::size_t>(options.rounds);
      const auto step = options.structure == Structure::leads ? 1 : (course.groups.size() + share - 1) / share;
      std::sort(ranked.begin(), ranked.end());
      std::size_t now = 0;
      for (const auto& [rank, group] : ranked) {
        if (now == step) break;
        if (!removal.may_remove(course.groups, group, course.goal)) continue;
        removal.remove(course.groups, group);
        ++now;
      }
    }
  }
  for (auto& candidate : running) out.push_back(std::move(candidate));
}

/// (b): removes the group whose removal alone costs most, again and again.
void add_leave_one_out(Scorer& scorer, const std::vector<Course>& courses, std::vector<Candidate>& out) {
  std::vector<Candidate> running;
  for (std::size_t c = 0; c < courses.size(); ++c) {
    if (courses[c].groups.size() <= kMostGroupsLeftOneOut)
      running.push_back({c, Attack::leave_one_out, courses[c].prefix});
  }
  for (;;) {
    std::vector<Candidate> trials;
    std::vector<std::pair<std::size_t, std::size_t>> origin;  // (place in running, group)
    for (std::size_t r = 0; r < running.size(); ++r) {
      const auto& course = courses[running[r].course];
      for (std::size_t group = 0; group < course.groups.size(); ++group) {
        if (!running[r].removal.may_remove(course.groups, group, course.goal)) continue;
        auto trial = running[r];
        trial.removal.remove(course.groups, group);
        trials.push_back(std::move(trial));
        origin.emplace_back(r, group);
      }
    }
    if (trials.empty()) break;
    const auto scores = score_candidates(scorer, courses, trials);
    for (std::size_t first = 0; first < trials.size();) {
      std::size_t last = first, best = first;
      for (; last < trials.size() && origin[last].first == origin[first].first; ++last) {
        if (scores[last] < scores[best]) best = last;
      }
      running[origin[first].first].removal = std::move(trials[best].removal);
      first = last;
    }
  }
  for (auto& candidate : running) out.push_back(std::move(candidate));
}

/// (c): random completions of the prefix.
void add_random(const std::vector<Course>& courses, const std::vector<std::string>& ids,
                const std::vector<std::string>& labels, const AttackOptions& options, std::vector<Candidate>& out) {
  for (std::size_t c = 0; c < courses.size(); ++c) {
    const auto& course = courses[c];
    const auto key =
        choice_hash(options.seed, "critical random masks", labels[static_cast<std::size_t>(course.target.label)],
                    ids[static_cast<std::size_t>(course.target.record)]);
    for (int m = 0; m < options.random_masks; ++m) {
      Candidate candidate{c, Attack::random, course.prefix};
      const Permutation order(mix64(key, static_cast<std::uint64_t>(m)), course.groups.size());
      for (std::size_t i = 0; candidate.removal.left(course.goal) > 0; ++i) {
        const auto group = static_cast<std::size_t>(order(i));
        if (candidate.removal.may_remove(course.groups, group, course.goal))
          candidate.removal.remove(course.groups, group);
      }
      out.push_back(std::move(candidate));
    }
  }
}

void advance(Scorer& scorer, std::vector<Course>& courses, double rate, const std::vector<std::string>& ids,
             const std::vector<std::string>& labels, const AttackOptions& options) {
  for (auto& course : courses) {
    const auto removed = course.groups.removed_at(rate);
    for (std::size_t kind = 0; kind < kKinds; ++kind)
      course.goal[kind] = std::max(removed[kind], course.prefix.counts[kind]);
  }
  std::vector<Candidate> candidates;
  add_saliency(scorer, courses, options, candidates);
  add_leave_one_out(scorer, courses, candidates);
  add_random(courses, ids, labels, options, candidates);
  const auto scores = score_candidates(scorer, courses, candidates);

  std::vector<std::optional<std::size_t>> best(courses.size());
  std::vector<std::array<std::optional<double>, kAttacks>> lowest(courses.size());
  for (std::size_t i = 0; i < candidates.size(); ++i) {  // in the order of the letters: a tie keeps the earlier one
    const auto c = candidates[i].course;
    if (!best[c] || scores[i] < scores[*best[c]]) best[c] = i;
    auto& of_attack = lowest[c][static_cast<std::size_t>(candidates[i].attack)];
    if (!of_attack || scores[i] < *of_attack) of_attack = scores[i];
  }
  for (std::size_t c = 0; c < courses.size(); ++c) {
    auto& course = courses[c];
    auto& chosen = candidates[*best[c]];
    course.prefix = std::move(chosen.removal);
    const auto& counts = course.prefix.counts;
    course.result.stages.push_back({course.prefix.mask, std::accumulate(counts.begin(), counts.end(), std::int64_t{0}),
                                    scores[*best[c]], chosen.attack, lowest[c]});
  }
}

}  // namespace

const char* structure_name(Structure structure) {
  switch (structure) {
    case Structure::leads:
      return "leads";
    case Structure::segments:
      return "segments";
    case Structure::tokens:
      return "tokens";
    case Structure::joint:
      return "joint";
  }
  return "";
}

Structure parse_structure(const std::string& name) {
  for (const auto structure : {Structure::leads, Structure::segments, Structure::tokens, Structure::joint}) {
    if (name == structure_name(structure)) return structure;
  }
  throw Error(Code::unknown_mask, cat("unknown structure of a critical mask '", name, "'"))
      .wanted("leads, segments, tokens or joint");
}

const char* attack_name(Attack attack) {
  switch (attack) {
    case Attack::saliency:
      return "saliency";
    case Attack::leave_one_out:
      return "leave-one-out";
    case Attack::random:
      return "random";
  }
  return "";
}

std::vector<AttackResult> attack(Scorer& scorer, const std::vector<Target>& targets,
                                 const std::vector<std::string>& ids, const std::vector<std::string>& labels,
                                 const AttackOptions& options, const Progress& progress) {
  if (!std::is_sorted(options.rates.begin(), options.rates.end()) || options.random_masks < 1 || options.rounds < 1) {
    throw Error(Code::internal, "rates of an attack must ascend, and it needs a random mask and a round");
  }
  std::vector<AttackResult> out;
  const auto total = static_cast<std::int64_t>(targets.size());
  for (std::int64_t first = 0; first < total; first += options.targets_at_once) {
    std::vector<Course> courses;
    for (auto i = first; i < std::min(total, first + options.targets_at_once); ++i) {
      const auto& target = targets[static_cast<std::size_t>(i)];
      Groups groups(scorer, target.record, options.structure);
      if (groups.size() == 0) throw Error(Code::internal, "a record without anything visible cannot be attacked");
      Removal nothing(scorer.grid(), groups.size());
      courses.push_back({target, std::move(groups), std::move(nothing), {}, {target, {}}});
    }
    for (const auto rate : options.rates) advance(scorer, courses, rate, ids, labels, options);
    for (auto& course : courses) out.push_back(std::move(course.result));
    if (progress) progress(static_cast<std::int64_t>(out.size()), total);
  }
  return out;
}

std::vector<data::UnitMask> random_masks(const Scorer& scorer, const Target& target, const std::string& id,
                                         const std::string& label, const AttackOptions& options) {
  const Groups groups(scorer, target.record, options.structure);
  std::vector<data::UnitMask> out;
  Removal removal(scorer.grid(), groups.size());
  if (groups.size() == 0) throw Error(Code::internal, "a record without anything visible cannot be masked");
  const Permutation order(choice_hash(options.seed, "random masks of equal number", label, id), groups.size());
  for (const auto rate : options.rates) {
    const auto goal = groups.removed_at(rate);
    for (std::size_t i = 0; i < groups.size(); ++i) {
      const auto group = static_cast<std::size_t>(order(i));
      if (removal.may_remove(groups, group, goal)) removal.remove(groups, group);
    }
    out.push_back(removal.mask);
  }
  return out;
}

}  // namespace scar::evaluation
