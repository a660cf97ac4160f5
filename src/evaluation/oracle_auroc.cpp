#include "scar/evaluation/oracle_auroc.h"

#include <algorithm>
#include <map>
#include <span>

#include <ATen/TensorOperators.h>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/data/masks.h"
#include "scar/data/store/store_format.h"
#include "scar/data/synthetic/evidence.h"
#include "scar/data/synthetic/findings.h"
#include "scar/data/synthetic/twins.h"

namespace scar::evaluation {
namespace {

constexpr std::int64_t kRecordsAtOnce = 256;  // their twins are in memory
const char* const kTask = "synth";

struct Pair {
  std::int64_t record = 0;  // in the store
  int finding = 0;
};

std::vector<std::uint8_t> joined(const std::uint8_t* one, const std::uint8_t* other, std::int64_t bytes) {
  std::vector<std::uint8_t> out(one, one + bytes);
  for (std::int64_t i = 0; i < bytes; ++i) out[static_cast<std::size_t>(i)] |= other[i];
  return out;
}

std::vector<std::uint8_t> all_evidence(const data::Store& store, const Pair& pair) {
  return joined(store.primary(pair.record, pair.finding), store.secondary(pair.record, pair.finding),
                data::bitmap_bytes(store.info().evidence_blocks));
}

/// The twin promises to be the record outside of the evidence; a store from a machine with another libm may break it.
void require_equal_outside(const data::Store& store, const std::vector<Pair>& pairs, const data::Twins& twins) {
  const std::int64_t blocks = store.info().evidence_blocks;
  std::vector<std::int16_t> record(static_cast<std::size_t>(12 * store.samples())), twin(record.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    store.read(pairs[i].record, record.data());
    twins.read(static_cast<std::int64_t>(i), twin.data());
    const auto differ = data::differing_units(record.data(), twin.data(), blocks, store.samples() / blocks);
    if (joined(differ.data(), all_evidence(store, pairs[i]).data(), data::bitmap_bytes(blocks)) ==
        all_evidence(store, pairs[i])) {
      continue;
    }
    throw Error(Code::store_mismatch, "a record differs from its twin where it has no evidence")
        .at(cat(store.folder().string(), ", ", store.id(pairs[i].record)))
        .wanted("samples that this generator renders on this machine")
        .hint("make the store again here: scar-prepare synth --out STORE");
  }
}

data::UnitMask mask_of(const data::Store& store, const data::UnitGrid& grid, const Pair& pair,
                       EvidenceCondition condition) {
  std::vector<std::uint8_t> evidence;
  switch (condition) {
    case EvidenceCondition::clean:
      return data::UnitMask(grid);
    case EvidenceCondition::primary_removed:
      return {grid, data::oracle_mask(store.primary(pair.record, pair.finding), grid.blocks).data()};
    case EvidenceCondition::secondary_removed:
      return {grid, data::oracle_mask(store.secondary(pair.record, pair.finding), grid.blocks).data()};
    case EvidenceCondition::all_removed:
      break;
  }
  return {grid, data::oracle_mask(all_evidence(store, pair).data(), grid.blocks).data()};
}

/// The records of one chunk and their twins under the four conditions.
class Chunk {
 public:
  Chunk(model::DualEncoder& model, const data::Store& store, const data::SyntheticOptions& generator,
        std::vector<Pair> pairs, const EmbedOptions& options, int jobs)
      : model_(model),
        store_(store),
        pairs_(std::move(pairs)),
        options_(options),
        grid_(data::unit_grid(store.samples(), store.rate_hz(), model.options().ecg.patch_samples)),
        twins_(generator, twins_of(store, pairs_), jobs) {
    require_equal_outside(store, pairs_, twins_);
  }

  /// Rows as the pairs.
  struct Embedded {
    at::Tensor record, twin;            // [pairs, D]
    std::vector<std::uint8_t> nothing;  // nothing was left of record or twin
  };
  [[nodiscard]] Embedded embed(EvidenceCondition condition) {
    if (condition == EvidenceCondition::clean) return embed_clean();
    std::vector<data::UnitMask> masks;
    for (const auto& pair : pairs_) masks.push_back(mask_of(store_, grid_, pair, condition));
    const auto patch = model_.options().ecg.patch_samples;
    const auto remove = [&](std::int64_t i, std::uint8_t* visible) {
      (void)data::apply_mask(masks[static_cast<std::size_t>(i)], patch, visible);
    };
    std::vector<std::int64_t> records;
    for (const auto& pair : pairs_) records.push_back(pair.record);
    return together(embed_records(model_, store_, records, options_, remove),
                    embed_records(model_, twins_, numbers(), options_, remove));
  }

 private:
  static std::vector<data::TwinOf> twins_of(const data::Store& store, const std::vector<Pair>& pairs) {
    std::vector<data::TwinOf> out;
    for (const auto& [record, finding] : pairs) out.push_back({store.candidate(record), finding});
    return out;
  }
  [[nodiscard]] std::vector<std::int64_t> numbers() const {
    std::vector<std::int64_t> out;
    for (std::size_t i = 0; i < pairs_.size(); ++i) out.push_back(static_cast<std::int64_t>(i));
    return out;
  }
  static Embedded together(EmbeddedRecords record, const EmbeddedRecords& twin) {
    for (std::size_t i = 0; i < record.empty.size(); ++i) record.empty[i] |= twin.empty[i];
    return {record.features, twin.features, std::move(record.empty)};
  }
  /// A record of two findings is the same in both pairs and encoded once.
  [[nodiscard]] Embedded embed_clean() {
    std::map<std::int64_t, std::int64_t> row_of;
    std::vector<std::int64_t> distinct, rows;
    for (const auto& pair : pairs_) {
      const auto [found, fresh] = row_of.emplace(pair.record, static_cast<std::int64_t>(distinct.size()));
      if (fresh) distinct.push_back(pair.record);
      rows.push_back(found->second);
    }
    auto once = embed_records(model_, store_, distinct, options_);
    EmbeddedRecords record;
    record.features = once.features.index_select(0, at::tensor(rows, at::kLong));
    for (const auto row : rows) record.empty.push_back(once.empty[static_cast<std::size_t>(row)]);
    return together(std::move(record), embed_records(model_, twins_, numbers(), options_));
  }

  model::DualEncoder& model_;
  const data::Store& store_;
  std::vector<Pair> pairs_;
  EmbedOptions options_;
  data::UnitGrid grid_;
  data::Twins twins_;
};

/// Records positive, twins negative; null without pairs. `patients` [pairs].
std::optional<ClassStatistic> pooled_auroc(const TwinScores& scores, std::size_t condition,
                                           std::span<const std::uint32_t> patients) {
  if (scores.ids.empty()) return std::nullopt;
  auto values = scores.record[condition];
  values.insert(values.end(), scores.twin[condition].begin(), scores.twin[condition].end());
  std::vector<std::uint8_t> labels(values.size(), 0);
  std::fill_n(labels.begin(), scores.ids.size(), std::uint8_t{1});
  std::vector<std::uint32_t> of_rows(patients.begin(), patients.end());
  of_rows.insert(of_rows.end(), patients.begin(), patients.end());
  return WeightedAuroc(values, labels, of_rows);
}

}  // namespace

const char* condition_name(EvidenceCondition condition) {
  switch (condition) {
    case EvidenceCondition::clean:
      return "clean";
    case EvidenceCondition::primary_removed:
      return "primary removed";
    case EvidenceCondition::secondary_removed:
      return "secondary removed";
    case EvidenceCondition::all_removed:
      return "all removed";
  }
  return "";
}

OracleScores score_twins(model::DualEncoder& model, const data::Store& store, const data::SyntheticOptions& generator,
                         const std::vector<std::int64_t>& records, const at::Tensor& class_embeddings,
                         const EmbedOptions& options, int jobs,
                         const std::function<void(std::int64_t, std::int64_t)>& progress) {
  const auto& findings = data::findings();
  OracleScores out;
  std::vector<std::size_t> place(findings.size(), 0);
  std::vector<Pair> all;
  for (std::size_t f = 0; f < findings.size(); ++f) {
    if (!findings[f].localised) continue;
    place[f] = out.findings.size();
    out.findings.push_back({findings[f].name, {}, {}, {}, {}});
  }
  for (const auto record : records) {
    const auto* labels = store.labels(kTask, record);
    for (int f = 0; f < data::kFindings; ++f) {
      if (labels[f] == 1 && findings[static_cast<std::size_t>(f)].localised) all.push_back({record, f});
    }
  }

  const auto classes = class_embeddings.to(at::kFloat);
  for (std::size_t first = 0; first < all.size();) {
    // Whole records: a chunk ends between them.
    auto end = std::min(first + static_cast<std::size_t>(kRecordsAtOnce), all.size());
    while (end < all.size() && all[end].record == all[end - 1].record) ++end;
    const std::vector<Pair> pairs(all.begin() + static_cast<std::ptrdiff_t>(first),
                                  all.begin() + static_cast<std::ptrdiff_t>(end));
    Chunk chunk(model, store, generator, pairs, options, jobs);
    std::array<Chunk::Embedded, kEvidenceConditions> embedded;
    std::vector<std::uint8_t> nothing(pairs.size(), 0);
    for (std::size_t c = 0; c < kEvidenceConditions; ++c) {
      embedded[c] = chunk.embed(static_cast<EvidenceCondition>(c));
      for (std::size_t i = 0; i < pairs.size(); ++i) nothing[i] |= embedded[c].nothing[i];
    }
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const auto [record, finding] = pairs[i];
      auto& scores = out.findings[place[static_cast<std::size_t>(finding)]];
      if (nothing[i] != 0) {
        out.excluded.push_back({store.id(record), cat(scores.finding, ": nothing visible under the mask")});
        continue;
      }
      scores.ids.push_back(store.id(record));
      scores.patients.push_back(store.patient(record));
      const auto row = static_cast<std::int64_t>(i);
      for (std::size_t c = 0; c < kEvidenceConditions; ++c) {
        const auto score = [&](const at::Tensor& features) {
          return (features[row].to(at::kDouble) * classes[finding].to(at::kDouble)).sum().item<double>();
        };
        scores.record[c].push_back(score(embedded[c].record));
        scores.twin[c].push_back(score(embedded[c].twin));
      }
      const auto& last = embedded[static_cast<std::size_t>(EvidenceCondition::all_removed)];
      out.largest_difference =
          std::max(out.largest_difference, (last.record[row] - last.twin[row]).abs().max().item<double>());
    }
    first = end;
    if (progress) progress(static_cast<std::int64_t>(end), static_cast<std::int64_t>(all.size()));
  }
  return out;
}

OracleStudy study_oracle(const OracleScores& scores, const std::vector<data::CalibrationRow>& calibration,
                         const BootstrapOptions& options) {
  constexpr auto kPrimaryRemoved = static_cast<std::size_t>(EvidenceCondition::primary_removed);
  std::vector<std::string> names;  // of the patients of all pairs, finding by finding
  for (const auto& finding : scores.findings)
    names.insert(names.end(), finding.patients.begin(), finding.patients.end());
  const auto patients = number_patients(names);
  std::vector<std::vector<std::optional<ClassStatistic>>> statistics(kEvidenceConditions);
  std::size_t first = 0;
  for (const auto& finding : scores.findings) {
    const auto part = std::span(patients.of_record).subspan(first, finding.ids.size());
    for (std::size_t c = 0; c < kEvidenceConditions; ++c) statistics[c].push_back(pooled_auroc(finding, c, part));
    first += finding.ids.size();
  }
  const auto means = macro_figures(std::move(statistics), patients, options);

  OracleStudy out;
  for (std::size_t c = 0; c < kEvidenceConditions; ++c) {
    out.macro[c] = means[c].value;
    out.intervals[c] = means[c].interval;
  }
  double primary = 0, secondary = 0, counted = 0;
  for (std::size_t f = 0; f < scores.findings.size(); ++f) {
    FindingOracle entry;
    entry.finding = scores.findings[f].finding;
    entry.pairs = static_cast<std::int64_t>(scores.findings[f].ids.size());
    const auto optimum = std::find_if(calibration.begin(), calibration.end(),
                                      [&](const auto& row) { return row.finding == entry.finding; });
    if (optimum == calibration.end()) throw Error(Code::internal, "a finding is not calibrated").got(entry.finding);
    entry.primary_optimum = optimum->primary_auroc;
    entry.secondary_optimum = optimum->secondary_auroc;
    for (std::size_t c = 0; c < kEvidenceConditions; ++c) entry.auroc[c] = means[c].by_group[f];
    if (entry.auroc[kPrimaryRemoved]) {
      entry.gap = entry.secondary_optimum - *entry.auroc[kPrimaryRemoved];
      primary += entry.primary_optimum;
      secondary += entry.secondary_optimum;
      ++counted;
    }
    out.findings.push_back(std::move(entry));
  }
  if (counted == 0) return out;
  out.primary_optimum = primary / counted;
  out.secondary_optimum = secondary / counted;
  out.gap = *out.secondary_optimum - *out.macro[kPrimaryRemoved];
  if (const auto& interval = out.intervals[kPrimaryRemoved]) {
    out.gap_interval = Interval{*out.secondary_optimum - interval->high, *out.secondary_optimum - interval->low};
  }
  return out;
}

}  // namespace scar::evaluation
