#include "scar/evaluation/mask_book.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "scar/core/hash.h"
#include "scar/core/json.h"
#include "scar/data/store/store_format.h"

namespace scar::evaluation {
namespace {

constexpr int kBookVersion = 1;

std::string to_hex(const std::vector<std::uint8_t>& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const auto byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

std::vector<std::uint8_t> from_hex(const std::string& text, std::size_t bytes, const std::string& where) {
  const auto digit = [&](char c) -> unsigned {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10U;
    throw Error(Code::data_unreadable, "a mask is not a hexadecimal number").at(where).got(text);
  };
  if (text.size() != 2 * bytes) {
    throw Error(Code::data_unreadable, "a mask has the wrong length")
        .at(where)
        .got(cat(text.size(), " digits"))
        .wanted(cat(2 * bytes, " digits"));
  }
  std::vector<std::uint8_t> out(bytes);
  for (std::size_t i = 0; i < bytes; ++i) {
    out[i] = static_cast<std::uint8_t>(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
  }
  return out;
}

/// (id, label, masks) in an order that does not depend on rows and columns.
struct Entry {
  const std::string* id;
  const std::string* label;
  const std::vector<data::UnitMask>* masks;
};
std::vector<Entry> sorted_entries(const MaskBook& book) {
  std::vector<Entry> out;
  for (const auto& [target, masks] : book.masks) {
    out.push_back({&book.ids[static_cast<std::size_t>(target.record)],
                   &book.labels[static_cast<std::size_t>(target.label)], &masks});
  }
  std::sort(out.begin(), out.end(),
            [](const Entry& a, const Entry& b) { return *a.id != *b.id ? *a.id < *b.id : *a.label < *b.label; });
  return out;
}

}  // namespace

const std::vector<data::UnitMask>* MaskBook::find(const Target& target) const {
  const auto place = masks.find(target);
  return place == masks.end() ? nullptr : &place->second;
}

std::size_t MaskBook::rate_index(double rate) const {
  for (std::size_t i = 0; i < rates.size(); ++i) {
    if (std::abs(rates[i] - rate) < 1e-9) return i;
  }
  std::string there;
  for (const auto known : rates) there += cat(there.empty() ? "" : ", ", known);
  throw Error(Code::unknown_mask, cat("there are no masks of rate ", rate)).wanted(there);
}

std::string MaskBook::hash() const {
  Sha256 digest;
  digest.update(cat(structure_name(structure), "\n"));
  for (const auto rate : rates) digest.update(cat(rate, "\n"));
  for (const auto& entry : sorted_entries(*this)) {
    digest.update(cat(*entry.id, "\n", *entry.label, "\n"));
    for (const auto& mask : *entry.masks) digest.update(cat(to_hex(mask.bitmap()), "\n"));
  }
  return digest.hex();
}

MaskBook make_book(const std::vector<AttackResult>& results, const std::vector<std::string>& ids,
                   const std::vector<std::string>& labels, const AttackOptions& options) {
  MaskBook book;
  book.structure = options.structure;
  book.rates = options.rates;
  book.ids = ids;
  book.labels = labels;
  book.origin.kind = "own";
  book.origin.seed = options.seed;
  for (const auto& result : results) {
    std::vector<data::UnitMask> masks;
    for (const auto& stage : result.stages) masks.push_back(stage.mask);
    book.masks.emplace(result.target, std::move(masks));
  }
  return book;
}

MaskBook random_book(const Scorer& scorer, const std::vector<Target>& targets, const std::vector<std::string>& ids,
                     const std::vector<std::string>& labels, const AttackOptions& options) {
  MaskBook book;
  book.structure = options.structure;
  book.rates = options.rates;
  book.ids = ids;
  book.labels = labels;
  book.origin.kind = "random";
  book.origin.seed = options.seed;
  for (const auto& target : targets) {
    book.masks.emplace(target, random_masks(scorer, target, ids[static_cast<std::size_t>(target.record)],
                                            labels[static_cast<std::size_t>(target.label)], options));
  }
  return book;
}

void save_book(const MaskBook& book, const data::UnitGrid& grid, const std::filesystem::path& path) {
  Json document;
  document["format"] = "scar-masks";
  document["version"] = kBookVersion;
  document["task"] = book.origin.task;
  document["store"] = book.origin.store_hash;
  document["attacked_weights"] = book.origin.weights_hash;
  document["seed"] = book.origin.seed;
  document["structure"] = structure_name(book.structure);
  document["rates"] = book.rates;
  document["grid"] = {{"samples", grid.samples},
                      {"block_samples", grid.block_samples},
                      {"blocks", grid.blocks},
                      {"rate_hz", grid.rate_hz}};
  document["sha256"] = book.hash();
  auto& masks = document["masks"] = Json::array();
  for (const auto& entry : sorted_entries(book)) {
    Json bits = Json::array();
    for (const auto& mask : *entry.masks) bits.push_back(to_hex(mask.bitmap()));
    masks.push_back({{"record", *entry.id}, {"class", *entry.label}, {"removed", std::move(bits)}});
  }
  write_file_atomically(path, document.dump(1) + "\n");
}

MaskBook load_book(const std::filesystem::path& path, const data::UnitGrid& grid, const std::string& task,
                   const std::string& store_hash, const std::vector<std::string>& ids,
                   const std::vector<std::string>& labels) {
  const auto where = path.string();
  const auto code = static_cast<int>(Code::data_unreadable);
  const Json document = read_json(path, code);
  MaskBook whole;  // with the file's own rows and columns, to check its hash
  data::UnitGrid stored;
  try {
    if (document.at("format") != "scar-masks" || document.at("version") != kBookVersion) {
      throw Error(Code::data_unreadable, "not a file of masks, or of another version")
          .at(where)
          .wanted(cat("scar-masks ", kBookVersion));
    }
    whole.origin = {"transferred", document.at("task").get<std::string>(), document.at("store").get<std::string>(),
                    document.at("attacked_weights").get<std::string>(), document.at("seed").get<std::uint64_t>()};
    whole.structure = parse_structure(document.at("structure").get<std::string>());
    whole.rates = document.at("rates").get<std::vector<double>>();
    const auto& g = document.at("grid");
    stored = {g.at("samples").get<std::int64_t>(), g.at("block_samples").get<std::int64_t>(),
              g.at("blocks").get<std::int64_t>(), g.at("rate_hz").get<double>()};
    if (!(stored == grid)) {
      throw Error(Code::store_mismatch, "the masks are made for other units")
          .at(where)
          .got(cat(stored.blocks, " blocks of ", stored.block_samples, " samples at ", stored.rate_hz, " Hz"))
          .wanted(cat(grid.blocks, " blocks of ", grid.block_samples, " samples at ", grid.rate_hz, " Hz"))
          .hint("results under masks of different units cannot be compared");
    }
    std::unordered_map<std::string, std::int64_t> rows, columns;
    const auto number = [](std::unordered_map<std::string, std::int64_t>& map, std::vector<std::string>& names,
                           const std::string& name) {
      const auto [place, fresh] = map.emplace(name, static_cast<std::int64_t>(names.size()));
      if (fresh) names.push_back(name);
      return place->second;
    };
    const auto bytes = static_cast<std::size_t>(data::bitmap_bytes(grid.blocks));
    for (const auto& entry : document.at("masks")) {
      const Target target{number(rows, whole.ids, entry.at("record").get<std::string>()),
                          number(columns, whole.labels, entry.at("class").get<std::string>())};
      std::vector<data::UnitMask> masks;
      for (const auto& bits : entry.at("removed")) {
        masks.emplace_back(grid, from_hex(bits.get<std::string>(), bytes, where).data());
      }
      if (masks.size() != whole.rates.size()) {
        throw Error(Code::data_unreadable, "a record has not one mask per rate").at(where);
      }
      whole.masks.emplace(target, std::move(masks));
    }
    if (whole.hash() != document.at("sha256").get<std::string>()) {
      throw Error(Code::data_unreadable, "the masks do not fit their hash").at(where).hint("copy the file again");
    }
  } catch (const nlohmann::json::exception& error) {
    throw Error(Code::data_unreadable, "not a file of masks").at(where).got(error.what());
  }
  if (whole.origin.task != task || whole.origin.store_hash != store_hash) {
    throw Error(Code::store_mismatch, "the masks are made for another task or store")
        .at(where)
        .got(cat(whole.origin.task, ", ", whole.origin.store_hash))
        .wanted(cat(task, ", ", store_hash));
  }

  MaskBook out;
  out.structure = whole.structure;
  out.rates = whole.rates;
  out.origin = whole.origin;
  out.ids = ids;
  out.labels = labels;
  std::unordered_map<std::string, std::int64_t> row_of, column_of;
  for (std::size_t i = 0; i < ids.size(); ++i) row_of.emplace(ids[i], static_cast<std::int64_t>(i));
  for (std::size_t i = 0; i < labels.size(); ++i) column_of.emplace(labels[i], static_cast<std::int64_t>(i));
  for (auto& [target, masks] : whole.masks) {
    const auto row = row_of.find(whole.ids[static_cast<std::size_t>(target.record)]);
    const auto column = column_of.find(whole.labels[static_cast<std::size_t>(target.label)]);
    if (row == row_of.end() || column == column_of.end()) continue;
    out.masks.emplace(Target{row->second, column->second}, std::move(masks));
  }
  if (out.masks.empty()) {
    throw Error(Code::store_mismatch, "the masks hold none of the records that are evaluated").at(where);
  }
  return out;
}

}  // namespace scar::evaluation
