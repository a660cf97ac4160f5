#include "scar/evaluation/labelled_subset.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "patient_rows.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/random.h"
#include "scar/evaluation/scorer.h"

namespace scar::evaluation {
namespace {

/// A patient: what is divided.
struct Unit {
  std::uint64_t hash = 0;
  std::string name;
  std::vector<std::int64_t> rows;
  std::vector<std::int64_t> positives;  // rows with each label
};

using Units = std::vector<const Unit*>;  // by hash

/// What one half still wants.
struct Half {
  Units units;
  double rows = 0;
  std::vector<double> positives;

  void take(const Unit& unit) {
    units.push_back(&unit);
    rows -= static_cast<double>(unit.rows.size());
    for (std::size_t label = 0; label < positives.size(); ++label) {
      positives[label] -= static_cast<double>(unit.positives[label]);
    }
  }
};

bool by_hash(const Unit* a, const Unit* b) { return a->hash != b->hash ? a->hash < b->hash : a->name < b->name; }

/// Divides units in two: the rarest label that is left goes first, each of its units to the half that wants the label
/// more; of equals to the one that wants more rows; of equals by a hash of unit and `place`. Units without a label come
/// last. With two or more units no half stays empty: the one that got the first wants no label more than the other, and
/// fewer rows.
std::array<Units, 2> halve(const Units& units, std::uint64_t place) {
  const auto labels = units.front()->positives.size();
  std::vector<std::int64_t> left(labels, 0);
  std::size_t rows = 0;
  for (const auto* unit : units) {
    rows += unit->rows.size();
    for (std::size_t label = 0; label < labels; ++label) left[label] += unit->positives[label];
  }
  std::array<Half, 2> halves;
  for (auto& half : halves) {
    half.rows = static_cast<double>(rows) / 2;
    for (const auto count : left) half.positives.push_back(static_cast<double>(count) / 2);
  }
  const auto place_unit = [&](const Unit& unit, double wish_of_first, double wish_of_second) {
    if (wish_of_first == wish_of_second) {
      wish_of_first = halves[0].rows;
      wish_of_second = halves[1].rows;
    }
    const bool second = wish_of_first != wish_of_second ? wish_of_second > wish_of_first : mix64(unit.hash, place) & 1;
    halves[second ? 1 : 0].take(unit);
    for (std::size_t label = 0; label < labels; ++label) left[label] -= unit.positives[label];
  };

  auto waiting = units;
  while (true) {
    std::size_t rarest = labels;
    for (std::size_t label = 0; label < labels; ++label) {
      if (left[label] > 0 && (rarest == labels || left[label] < left[rarest])) rarest = label;
    }
    if (rarest == labels) break;
    Units others;
    for (const auto* unit : waiting) {
      if (unit->positives[rarest] > 0) {
        place_unit(*unit, halves[0].positives[rarest], halves[1].positives[rarest]);
      } else {
        others.push_back(unit);
      }
    }
    waiting = std::move(others);
  }
  for (const auto* unit : waiting) place_unit(*unit, 0, 0);
  for (auto& half : halves) std::sort(half.units.begin(), half.units.end(), by_hash);
  return {halves[0].units, halves[1].units};
}

void append_order(const Units& units, std::uint64_t place, std::vector<std::vector<std::int64_t>>& out) {
  if (units.size() == 1) {
    out.push_back(units.front()->rows);
    return;
  }
  const auto halves = halve(units, place);
  for (std::uint64_t side = 0; side < 2; ++side) append_order(halves[side], mix64(place, side), out);
}

}  // namespace

LabelledSubsets::LabelledSubsets(const std::vector<std::string>& patients, const std::vector<std::string>& ids,
                                 const std::vector<std::uint8_t>& labels, std::uint64_t seed)
    : rows_(ids.size()) {
  if (ids.empty()) throw Error(Code::split_empty, "there is no training row to choose from");
  const auto classes = labels.size() / ids.size();
  std::vector<Unit> units;
  for (auto& [name, rows] : patient_rows(patients, ids)) {
    Unit unit{choice_hash(seed, "labelled subset", "", name), name, rows, std::vector<std::int64_t>(classes, 0)};
    for (const auto row : rows) {
      for (std::size_t label = 0; label < classes; ++label)
        unit.positives[label] += labels[static_cast<std::size_t>(row) * classes + label];
    }
    units.push_back(std::move(unit));
  }
  Units all;
  for (const auto& unit : units) all.push_back(&unit);
  std::sort(all.begin(), all.end(), by_hash);
  append_order(all, stream_key(seed, "labelled subset halves"), patients_);
}

std::vector<std::int64_t> LabelledSubsets::rows(double fraction) const {
  if (!(fraction > 0) || fraction > 1) {
    throw Error(Code::out_of_range, "the share of labelled records is out of range")
        .got(cat(fraction))
        .wanted("more than 0, at most 1");
  }
  const auto wanted = static_cast<std::size_t>(std::llround(fraction * static_cast<double>(rows_)));
  std::vector<std::int64_t> out;
  for (const auto& rows : patients_) {
    if (!out.empty() && out.size() >= wanted) break;
    out.insert(out.end(), rows.begin(), rows.end());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::int64_t> few_shot_rows(const std::vector<std::string>& patients, const std::vector<std::string>& ids,
                                        const std::vector<std::uint8_t>& labels,
                                        const std::vector<std::string>& classes, std::int64_t k, std::uint64_t seed) {
  if (k < 1) {
    throw Error(Code::out_of_range, "the number of examples per class is out of range").got(cat(k)).wanted("1 or more");
  }
  const auto by_patient = patient_rows(patients, ids);
  std::vector<std::string> names;
  std::vector<const std::vector<std::int64_t>*> rows_of;
  std::vector<std::int64_t> everyone;
  for (const auto& [name, rows] : by_patient) {
    everyone.push_back(static_cast<std::int64_t>(names.size()));
    names.push_back(name);
    rows_of.push_back(&rows);
  }
  const auto first_label = [&](std::int64_t row) {
    return labels.begin() + row * static_cast<std::ptrdiff_t>(classes.size());
  };
  const auto has_none = [&](std::int64_t row) {
    const auto first = first_label(row);
    return std::none_of(first, first + static_cast<std::ptrdiff_t>(classes.size()), [](auto label) { return label; });
  };
  std::set<std::int64_t> chosen;
  for (std::size_t label = 0; label <= classes.size(); ++label) {
    const bool none = label == classes.size();
    std::int64_t found = 0;
    for (const auto patient : hash_order(everyone, names, seed, "few shots", none ? "" : classes[label])) {
      if (found >= k) break;
      const auto& rows = *rows_of[static_cast<std::size_t>(patient)];
      const auto examples = std::count_if(rows.begin(), rows.end(), [&](std::int64_t row) {
        return none ? has_none(row) : first_label(row)[static_cast<std::ptrdiff_t>(label)] != 0;
      });
      if (examples > 0) chosen.insert(rows.begin(), rows.end());
      found += examples;
    }
  }
  return {chosen.begin(), chosen.end()};
}

}  // namespace scar::evaluation
