#include "scar/evaluation/sweep.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <ATen/ops/matmul.h>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/data/lead_names.h"
#include "scar/data/visibility.h"

namespace scar::evaluation {

namespace {

/// What a cell's masks remove on average.
void add_shares(CellScores& cell) {
  const auto n = static_cast<double>(cell.masks.size());
  for (const auto& mask : cell.masks) {
    cell.removed_units += mask.removed_share() / n;
    cell.independent_leads += mask.independent_leads() / n;
  }
}

}  // namespace

std::string SweepCell::name() const { return !clean() && spec.drawn() ? cat(rule(), "/", seed) : rule(); }

std::vector<SweepCell> plan_sweep(const SweepOptions& options) {
  std::vector<SweepCell> cells = {{}};  // clean
  const auto add = [&](data::MaskSpec spec) {
    spec.derive_limb = options.derive_limb;
    const auto seeds = spec.drawn() ? options.seeds : 1;
    for (std::int64_t seed = 0; seed < seeds; ++seed) cells.push_back({spec, static_cast<std::uint64_t>(seed)});
  };
  for (const auto mode : options.modes) {
    for (const double rate : options.rates) add({mode, rate, ""});
  }
  if (options.clinical) {
    for (const auto& set : data::clinical_sets()) add({data::MaskMode::clinical, 0, set});
  }
  if (options.exhaustive) {
    const auto& names = data::kLeadNames;
    for (const auto* lead : names) add({data::MaskMode::without, 0, lead});
    for (std::size_t a = 0; a < names.size(); ++a) {
      for (auto b = a + 1; b < names.size(); ++b) add({data::MaskMode::without, 0, cat(names[a], "+", names[b])});
    }
  }
  return cells;
}

Sweep::Sweep(model::DualEncoder& model, const data::Store& store, std::vector<std::int64_t> records,
             const at::Tensor& class_embeddings, const EmbedOptions& options)
    : model_(model),
      store_(store),
      records_(std::move(records)),
      classes_(class_embeddings.to(at::kFloat)),
      options_(options),
      patch_(model.options().ecg.patch_samples),
      tokens_per_record_(12 * (store.samples() / patch_)),
      seen_(records_.size()) {
  std::vector<std::int16_t> raw(static_cast<std::size_t>(12 * store.samples()));
  visible_.resize(records_.size() * static_cast<std::size_t>(tokens_per_record_));
  for (std::size_t row = 0; row < records_.size(); ++row) {
    store.read(records_[row], raw.data());
    data::token_visibility(raw.data(), store.samples(), store.rate_hz(), patch_,
                           visible_.data() + row * static_cast<std::size_t>(tokens_per_record_));
  }
}

std::string Sweep::visible_under(std::size_t row, const data::UnitMask& mask, std::int64_t& tokens) const {
  const auto* first = visible_.data() + row * static_cast<std::size_t>(tokens_per_record_);
  std::vector<std::uint8_t> visible(first, first + tokens_per_record_);
  tokens = data::apply_mask(mask, patch_, visible.data());
  std::string bits((visible.size() + 7) / 8, '\0');  // as a key, an eighth of the size
  for (std::size_t token = 0; token < visible.size(); ++token) {
    if (visible[token] != 0) bits[token / 8] = static_cast<char>(bits[token / 8] | (1 << (token % 8)));
  }
  return bits;
}

CellScores Sweep::masked(const SweepCell& cell, const GivenMasks& given) const {
  CellScores out;
  if (given) {
    if (auto masks = given(cell)) out.masks = std::move(*masks);
  }
  if (out.masks.empty()) {
    const auto& info = store_.info();
    const auto grid = data::unit_grid(info.samples, info.rate_hz, patch_);
    for (const auto record : records_)
      out.masks.push_back(data::make_mask(cell.spec, grid, cell.seed, info.kind, store_.id(record)));
  }
  out.mask_sha256 = data::mask_hash(out.masks);
  add_shares(out);
  return out;
}

const CellScores& Sweep::compute(const SweepCell& cell, const GivenMasks& given) {
  auto out = std::make_unique<CellScores>(masked(cell, given));
  const auto columns = static_cast<std::size_t>(classes_.size(0));
  out->scores.assign(records_.size() * columns, 0);
  out->empty.assign(records_.size(), 0);
  std::vector<std::size_t> fresh;  // rows to encode
  std::vector<std::string> keys;
  std::int64_t left = 0, available = 0;
  for (std::size_t row = 0; row < records_.size(); ++row) {
    std::int64_t tokens = 0;
    keys.push_back(visible_under(row, out->masks[row], tokens));
    left += tokens;
    const auto found = seen_[row].find(keys.back());
    if (tokens == 0) {
      out->empty[row] = 1;
    } else if (found == seen_[row].end()) {
      fresh.push_back(row);
      tokens_encoded_ += tokens;
    } else {
      const auto& from = cells_[found->second]->scores;
      std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(row * columns), columns,
                  out->scores.begin() + static_cast<std::ptrdiff_t>(row * columns));
    }
  }
  for (const auto token : visible_) available += token;
  out->removed_tokens = 1 - static_cast<double>(left) / static_cast<double>(available);

  if (!fresh.empty()) {
    std::vector<std::int64_t> numbers;
    for (const auto row : fresh) numbers.push_back(records_[row]);
    const auto embedded = embed_records(model_, store_, numbers, options_, [&](std::int64_t i, std::uint8_t* visible) {
      data::apply_mask(out->masks[fresh[static_cast<std::size_t>(i)]], patch_, visible);
    });
    const auto scores = at::matmul(embedded.features, classes_.t()).contiguous();  // cosines
    const auto* first = scores.const_data_ptr<float>();
    for (std::size_t i = 0; i < fresh.size(); ++i) {
      std::copy_n(first + i * columns, columns, out->scores.begin() + static_cast<std::ptrdiff_t>(fresh[i] * columns));
    }
    records_encoded_ += static_cast<std::int64_t>(fresh.size());
  }
  return remember(std::move(out), std::move(keys));
}

const CellScores& Sweep::adopt(CellScores scores) {
  add_shares(scores);
  std::vector<std::string> keys;
  std::int64_t tokens = 0;
  for (std::size_t row = 0; row < records_.size(); ++row) keys.push_back(visible_under(row, scores.masks[row], tokens));
  return remember(std::make_unique<CellScores>(std::move(scores)), std::move(keys));
}

const CellScores& Sweep::remember(std::unique_ptr<CellScores> scores, std::vector<std::string> visible) {
  const auto cell = cells_.size();
  for (std::size_t row = 0; row < records_.size(); ++row) {
    if (scores->empty[row] == 0) seen_[row].try_emplace(std::move(visible[row]), cell);
  }
  cells_.push_back(std::move(scores));
  return *cells_.back();
}

std::int64_t Sweep::tokens_to_encode(const std::vector<SweepCell>& cells, const GivenMasks& given) const {
  std::vector<std::set<std::string>> planned(records_.size());
  std::int64_t out = 0;
  for (const auto& cell : cells) {
    const auto masks = masked(cell, given).masks;
    for (std::size_t row = 0; row < records_.size(); ++row) {
      std::int64_t tokens = 0;
      auto key = visible_under(row, masks[row], tokens);
      if (tokens > 0 && !seen_[row].contains(key) && planned[row].insert(std::move(key)).second) out += tokens;
    }
  }
  return out;
}

}  // namespace scar::evaluation
