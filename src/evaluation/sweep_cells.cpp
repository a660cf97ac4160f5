#include "scar/evaluation/sweep_cells.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scores_document.h"

namespace scar::evaluation {
namespace {

constexpr const char* kKind = "sweep-cell";

std::vector<data::UnitMask> read_masks(const ScoresReader& reader, const CellOrigin& origin) {
  const auto bytes = data::bitmap_bytes(origin.grid.blocks);
  const auto bitmaps = reader.bytes("masks", {origin.records, bytes});
  std::vector<data::UnitMask> masks;
  for (std::int64_t row = 0; row < origin.records; ++row) masks.emplace_back(origin.grid, bitmaps.data() + row * bytes);
  if (data::mask_hash(masks) != reader.text(reader.document(), "mask_sha256"))
    reader.fail("the masks do not have the hash that is written there");
  return masks;
}

void require(const ScoresReader& reader, const char* member, const std::string& wanted) {
  const auto got = reader.text(reader.document(), member);
  if (got == wanted) return;
  throw Error(Code::store_mismatch, cat("the file is of another sweep: '", member, "' differs"))
      .at(reader.origin())
      .got(got)
      .wanted(wanted);
}

void require_origin(const ScoresReader& reader, const SweepCell& cell, const CellOrigin& origin) {
  if (reader.kind() != kKind) reader.fail("scores of another kind", reader.kind(), kKind);
  require(reader, "cell", cell.name());
  require(reader, "records_sha256", origin.records_sha256);
  require(reader, "units", cat(origin.grid.blocks, " x ", origin.grid.block_samples, " of ", origin.grid.samples));
}

}  // namespace

std::filesystem::path cell_path(const std::filesystem::path& folder, const SweepCell& cell) {
  auto name = cell.name();
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == ':' || c == '/'; }, '-');
  return folder / (name + ".cell");
}

void save_cell(const std::filesystem::path& path, const SweepCell& cell, const CellScores& scores,
               const CellOrigin& origin) {
  const auto& grid = origin.grid;
  Json document;
  document["cell"] = cell.name();
  document["sweep"] = origin.sweep;
  document["records_sha256"] = origin.records_sha256;
  document["units"] = cat(grid.blocks, " x ", grid.block_samples, " of ", grid.samples);
  document["mask_sha256"] = scores.mask_sha256;
  document["removed_tokens"] = scores.removed_tokens;
  std::vector<std::uint8_t> masks;
  for (const auto& mask : scores.masks) masks.insert(masks.end(), mask.bitmap().begin(), mask.bitmap().end());
  const std::vector<double> values(scores.scores.begin(), scores.scores.end());
  save_scores_document(path, kKind, std::move(document),
                       {{"masks", to_tensor(masks, data::bitmap_bytes(grid.blocks))},
                        {"scores", to_tensor(values, origin.classes)},
                        {"empty", to_tensor(scores.empty)}});
}

std::optional<CellScores> load_cell(const std::filesystem::path& path, const SweepCell& cell,
                                    const CellOrigin& origin) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  const ScoresReader reader(path);
  require_origin(reader, cell, origin);
  require(reader, "sweep", origin.sweep);
  CellScores out;
  out.masks = read_masks(reader, origin);
  out.mask_sha256 = reader.text(reader.document(), "mask_sha256");
  const auto values = reader.numbers("scores", {origin.records, origin.classes}, -2, 2);
  out.scores.assign(values.begin(), values.end());
  out.empty = reader.bits("empty", {origin.records});
  const auto& removed = reader.member(reader.document(), "removed_tokens");
  if (!removed.is_number()) reader.fail("'removed_tokens' is not a number");
  out.removed_tokens = removed.get<double>();
  return out;
}

std::optional<std::vector<data::UnitMask>> load_cell_masks(const std::filesystem::path& path, const SweepCell& cell,
                                                           const CellOrigin& origin) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  const ScoresReader reader(path);
  require_origin(reader, cell, origin);
  return read_masks(reader, origin);
}

}  // namespace scar::evaluation
