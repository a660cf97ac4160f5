#include "scar/evaluation/encoder_scorer.h"

#include <algorithm>
#include <map>
#include <numeric>

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/data/visibility.h"
#include "scar/training/ecg_input.h"

namespace scar::evaluation {

struct EncoderScorer::Chunk {
  std::vector<std::size_t> members;  // numbers of queries
  std::int64_t longest = 0;          // kept tokens
  std::vector<std::int64_t> index;   // [members, longest]: token of the record; padding 0
  std::vector<std::uint8_t> valid;   // [members, longest]
};

EncoderScorer::EncoderScorer(model::DualEncoder& model, const data::Store& store, std::vector<std::int64_t> records,
                             const at::Tensor& class_embeddings, const EncoderScorerOptions& options)
    : model_(model),
      store_(store),
      records_(std::move(records)),
      options_(options),
      grid_(data::unit_grid(store.info().samples, store.info().rate_hz, model.options().ecg.patch_samples)),
      patch_(model.options().ecg.patch_samples),
      tokens_per_record_(12 * (store.info().samples / patch_)),
      classes_(class_embeddings.to(options.device, at::kFloat)) {
  const auto samples = store.info().samples;
  const auto patches = samples / patch_;
  for (std::int64_t token = 0; token < tokens_per_record_; ++token) {
    const auto lead = token / patches, patch = token % patches;
    token_units_.push_back(lead * grid_.blocks + patch * patch_ / grid_.block_samples);
    token_units_.push_back(lead * grid_.blocks + ((patch + 1) * patch_ - 1) / grid_.block_samples);
  }
  std::vector<std::int16_t> raw(static_cast<std::size_t>(12 * samples));
  visible_.resize(records_.size() * static_cast<std::size_t>(tokens_per_record_));
  available_.assign(records_.size() * static_cast<std::size_t>(grid_.units()), 0);
  for (std::size_t row = 0; row < records_.size(); ++row) {
    store.read(records_[row], raw.data());
    auto* visible = visible_.data() + row * static_cast<std::size_t>(tokens_per_record_);
    data::token_visibility(raw.data(), samples, store.info().rate_hz, patch_, visible);
    auto* there = available_.data() + row * static_cast<std::size_t>(grid_.units());
    std::int64_t count = 0;
    for (std::int64_t token = 0; token < tokens_per_record_; ++token) {
      if (visible[token] == 0) continue;
      ++count;
      for (auto unit = token_units_[static_cast<std::size_t>(2 * token)];
           unit <= token_units_[static_cast<std::size_t>(2 * token + 1)]; ++unit) {
        there[unit] = 1;
      }
    }
    if (count == 0) {
      throw Error(Code::internal, "a record without a visible token cannot be scored").at(store.id(records_[row]));
    }
  }

  const auto bytes =
      records_.size() * static_cast<std::size_t>(tokens_per_record_ * model.ecg->width()) * sizeof(float);
  if (bytes <= options_.cache_bytes) {
    std::vector<at::Tensor> parts;
    constexpr std::int64_t kRecordsAtOnce = 64;
    for (std::int64_t first = 0; first < this->records(); first += kRecordsAtOnce) {
      std::vector<std::int64_t> rows(static_cast<std::size_t>(std::min(kRecordsAtOnce, this->records() - first)));
      std::iota(rows.begin(), rows.end(), first);
      parts.push_back(embed_tokens(rows));
    }
    if (!parts.empty()) cache_ = at::cat(parts);
  }
}

const std::uint8_t* EncoderScorer::available(std::int64_t record) const {
  return available_.data() + record * grid_.units();
}

std::vector<std::uint8_t> EncoderScorer::kept_tokens(const Query& query) const {
  const auto* visible = visible_.data() + query.record * tokens_per_record_;
  std::vector<std::uint8_t> kept(visible, visible + tokens_per_record_);
  if (query.removed != nullptr) data::apply_mask(*query.removed, patch_, kept.data());
  for (std::size_t token = 0; query.kept != nullptr && token < kept.size(); ++token) kept[token] &= query.kept[token];
  return kept;
}

bool EncoderScorer::visible_under(std::int64_t record, const data::UnitMask& mask) const {
  const auto kept = kept_tokens({record, 0, &mask});
  return std::any_of(kept.begin(), kept.end(), [](std::uint8_t token) { return token != 0; });
}

std::vector<EncoderScorer::Chunk> EncoderScorer::chunks(std::span<const Query> queries,
                                                        std::int64_t tokens_at_once) const {
  std::vector<std::vector<std::int64_t>> kept(queries.size());
  for (std::size_t q = 0; q < queries.size(); ++q) {
    const auto tokens = kept_tokens(queries[q]);
    for (std::size_t token = 0; token < tokens.size(); ++token) {
      if (tokens[token] != 0) kept[q].push_back(static_cast<std::int64_t>(token));
    }
    if (kept[q].empty()) {
      throw Error(Code::internal, "a query leaves nothing of its record")
          .at(store_.id(records_[static_cast<std::size_t>(queries[q].record)]));
    }
  }
  // Equal lengths together: padding costs as much as tokens.
  std::vector<std::size_t> order(queries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return kept[a].size() > kept[b].size(); });
  std::vector<Chunk> out;
  for (const auto q : order) {
    if (out.empty() || out.back().longest * static_cast<std::int64_t>(out.back().members.size() + 1) > tokens_at_once) {
      out.emplace_back();
      out.back().longest = static_cast<std::int64_t>(kept[q].size());
    }
    out.back().members.push_back(q);
  }
  for (auto& chunk : out) {
    const auto width = static_cast<std::size_t>(chunk.longest);
    chunk.index.assign(chunk.members.size() * width, 0);
    chunk.valid.assign(chunk.members.size() * width, 0);
    for (std::size_t m = 0; m < chunk.members.size(); ++m) {
      const auto& tokens = kept[chunk.members[m]];
      std::copy(tokens.begin(), tokens.end(), chunk.index.begin() + static_cast<std::ptrdiff_t>(m * width));
      std::fill_n(chunk.valid.begin() + static_cast<std::ptrdiff_t>(m * width), tokens.size(), std::uint8_t{1});
    }
  }
  return out;
}

at::Tensor EncoderScorer::embed_tokens(const std::vector<std::int64_t>& rows) {
  const EvaluationMode mode(model_);
  const tensor::Autocast autocast(options_.device, options_.precision);
  const auto samples = store_.info().samples;
  const auto count = static_cast<std::int64_t>(rows.size());
  std::vector<std::int16_t> signal(static_cast<std::size_t>(count * 12 * samples));
  std::vector<std::uint8_t> visible(static_cast<std::size_t>(count * tokens_per_record_));
  data::Batch batch;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto row = rows[static_cast<std::size_t>(i)];
    const auto record = records_[static_cast<std::size_t>(row)];
    store_.read(record, signal.data() + i * 12 * samples);
    std::copy_n(visible_.data() + row * tokens_per_record_, tokens_per_record_,
                visible.data() + i * tokens_per_record_);
    batch.records.push_back(record);
    batch.scale_mv.push_back(store_.scale_mv(record));
  }
  batch.signal = signal.data();
  batch.visible = visible.data();
  return model_.ecg->embed(training::ecg_input(batch, samples, patch_, options_.device)).z.to(at::kFloat);
}

model::Tokens EncoderScorer::kept_of(std::span<const Query> queries, const Chunk& chunk) {
  const auto members = static_cast<std::int64_t>(chunk.members.size());
  std::vector<std::int64_t> place(chunk.members.size());  // row of the source that holds the record
  at::Tensor source = cache_;
  if (source.defined()) {
    for (std::size_t m = 0; m < place.size(); ++m) place[m] = queries[chunk.members[m]].record;
  } else {
    std::map<std::int64_t, std::int64_t> rows;
    for (const auto q : chunk.members) rows.emplace(queries[q].record, 0);
    std::vector<std::int64_t> wanted;
    for (auto& [row, number] : rows) {
      number = static_cast<std::int64_t>(wanted.size());
      wanted.push_back(row);
    }
    source = embed_tokens(wanted);
    for (std::size_t m = 0; m < place.size(); ++m) place[m] = rows.at(queries[chunk.members[m]].record);
  }
  auto numbers = at::empty({members * chunk.longest}, at::kLong);
  auto* out = numbers.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < numbers.numel(); ++i) {
    out[i] = place[static_cast<std::size_t>(i / chunk.longest)] * tokens_per_record_ +
             chunk.index[static_cast<std::size_t>(i)];
  }
  const auto width = source.size(2);
  model::Tokens tokens;
  tokens.z =
      source.view({-1, width}).index_select(0, numbers.to(options_.device)).view({members, chunk.longest, width});
  tokens.visible = at::tensor(chunk.valid, at::TensorOptions().dtype(at::kByte))
                       .view({members, chunk.longest})
                       .to(options_.device)
                       .to(at::kBool);
  return tokens;
}

at::Tensor EncoderScorer::classes_of(std::span<const Query> queries, const Chunk& chunk) const {
  std::vector<std::int64_t> labels;
  for (const auto q : chunk.members) labels.push_back(queries[q].label);
  return classes_.index_select(0, at::tensor(labels, at::TensorOptions().dtype(at::kLong)).to(options_.device));
}

std::vector<double> EncoderScorer::score(std::span<const Query> queries) {
  const EvaluationMode mode(model_);
  const tensor::Autocast autocast(options_.device, options_.precision);
  std::vector<double> out(queries.size());
  for (const auto& chunk : chunks(queries, options_.tokens_at_once)) {
    const auto members = static_cast<std::int64_t>(chunk.members.size());
    const auto embedding = model_.ecg->encode(kept_of(queries, chunk)).embedding.to(at::kFloat);
    const auto scores = (embedding * classes_of(queries, chunk)).sum(1).to(at::kCPU, at::kDouble).contiguous();
    for (std::size_t m = 0; m < chunk.members.size(); ++m) out[chunk.members[m]] = scores.data_ptr<double>()[m];
    passes_ += members;
    tokens_ += members * chunk.longest;
  }
  return out;
}

std::vector<float> EncoderScorer::saliency(std::span<const Query> queries) {
  const EvaluationMode mode(model_);
  const c10::AutoGradMode record(true);
  const tensor::Autocast autocast(options_.device, options_.precision);
  const auto units = static_cast<std::size_t>(grid_.units());
  std::vector<float> out(queries.size() * units, 0.0F);
  for (const auto& chunk : chunks(queries, options_.saliency_tokens_at_once)) {
    const auto members = static_cast<std::int64_t>(chunk.members.size());
    const auto tokens = kept_of(queries, chunk);
    auto keep = at::ones({members, chunk.longest}, tokens.z.options());
    keep.requires_grad_(true);
    const auto total =
        (model_.ecg->encode_dense(tokens, keep).embedding.to(at::kFloat) * classes_of(queries, chunk)).sum();
    const auto slope = torch::autograd::grad({total}, {keep})[0].to(at::kCPU, at::kFloat).contiguous();
    const auto* values = slope.data_ptr<float>();
    for (std::size_t m = 0; m < chunk.members.size(); ++m) {
      float* row = out.data() + chunk.members[m] * units;
      for (std::int64_t i = 0; i < chunk.longest; ++i) {
        const auto at_token = m * static_cast<std::size_t>(chunk.longest) + static_cast<std::size_t>(i);
        if (chunk.valid[at_token] == 0) continue;
        const auto token = static_cast<std::size_t>(chunk.index[at_token]);
        for (auto unit = token_units_[2 * token]; unit <= token_units_[2 * token + 1]; ++unit) {
          row[unit] += values[at_token];
        }
      }
    }
    passes_ += 3 * members;
    tokens_ += 3 * members * chunk.longest;
  }
  return out;
}

}  // namespace scar::evaluation
