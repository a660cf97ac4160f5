#include "shard_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <type_traits>

#include "hdf5_file.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/hash.h"
#include "scar/data/lead_names.h"

namespace scar::data {

static_assert(std::endian::native == std::endian::little, "shards are little-endian and read without conversion");

namespace {

constexpr const char* kShardFormat = "scar-shard";

/// Every column with its place in the file. One list, so that writing, reading and the checksum cannot drift apart.
/// visit(path, vector, type, inner shape) for arrays, visit(path, TextColumn, of_records) for texts.
template <class Content, class Visitor>
void visit_columns(Content& content, const StoreInfo& info, Visitor&& visit) {
  visit.array("/candidate", content.candidate, H5T_STD_I64LE, {}, true);
  visit.text("/id", content.id, true);
  visit.text("/patient", content.patient, true);
  visit.text("/report", content.report, true);
  visit.text("/report_raw", content.report_raw, true);
  visit.text("/recorder", content.recorder, true);
  visit.text("/language", content.language, true);
  visit.text("/sex", content.sex, true);
  visit.array("/age", content.age, H5T_STD_I32LE, {}, true);
  visit.text("/device", content.device, true);
  visit.text("/site", content.site, true);
  visit.array("/fold", content.fold, H5T_STD_I32LE, {}, true);
  visit.array("/scale_mv", content.scale_mv, H5T_IEEE_F32LE, {}, true);
  visit.array("/xxh3", content.checksum, H5T_STD_U64LE, {}, true);
  for (std::size_t k = 0; k < info.tasks.size(); ++k) {
    visit.array(cat("/labels/", info.tasks[k].name), content.labels[k], H5T_STD_U8LE, {info.tasks[k].classes.size()},
                true);
  }
  if (!info.findings.empty()) {
    const std::vector<std::uint64_t> shape{info.findings.size(),
                                           static_cast<std::uint64_t>(bitmap_bytes(info.evidence_blocks))};
    visit.array("/evidence/primary", content.primary, H5T_STD_U8LE, shape, true);
    visit.array("/evidence/secondary", content.secondary, H5T_STD_U8LE, shape, true);
  }
  visit.array("/excluded/candidate", content.excluded_candidate, H5T_STD_I64LE, {}, false);
  visit.text("/excluded/id", content.excluded_id, false);
  visit.text("/excluded/reason", content.excluded_reason, false);
  visit.text("/excluded/detail", content.excluded_detail, false);
}

std::vector<std::uint64_t> with_count(std::uint64_t n, const std::vector<std::uint64_t>& inner) {
  std::vector<std::uint64_t> shape{n};
  shape.insert(shape.end(), inner.begin(), inner.end());
  return shape;
}

struct Checksummer {
  std::vector<std::uint64_t> sums;
  template <class T>
  void array(const std::string& path, const std::vector<T>& values, hid_t, const std::vector<std::uint64_t>&, bool) {
    sums.push_back(xxh3(path.data(), path.size()));
    sums.push_back(values.size());
    sums.push_back(xxh3(values.data(), values.size() * sizeof(T)));
  }
  void text(const std::string& path, const TextColumn& column, bool) {
    array(path, column.offsets, -1, {}, false);
    sums.push_back(xxh3(column.bytes.data(), column.bytes.size()));
  }
};

struct Writer {
  Hdf5Image& file;
  std::uint64_t records, excluded;
  template <class T>
  void array(const std::string& path, const std::vector<T>& values, hid_t type, const std::vector<std::uint64_t>& inner,
             bool of_records) {
    file.dataset(path, {values.data(), type, with_count(of_records ? records : excluded, inner)});
  }
  void text(const std::string& path, const TextColumn& column, bool) {
    file.group(path);
    file.dataset(cat(path, "/bytes"), {column.bytes.data(), H5T_STD_U8LE, {column.bytes.size()}});
    file.dataset(cat(path, "/offsets"), {column.offsets.data(), H5T_STD_U64LE, {column.offsets.size()}});
  }
};

struct Reader {
  const Hdf5Reader& file;
  std::uint64_t records, excluded;
  bool well_formed = true;
  template <class T>
  void array(const std::string& path, std::vector<T>& values, hid_t type, const std::vector<std::uint64_t>& inner,
             bool of_records) {
    values = file.read<T>(path, type, with_count(of_records ? records : excluded, inner));
  }
  void text(const std::string& path, TextColumn& column, bool of_records) {
    const auto bytes = file.read<char>(cat(path, "/bytes"), H5T_STD_U8LE, {file.length(cat(path, "/bytes"))});
    column.bytes.assign(bytes.begin(), bytes.end());
    column.offsets =
        file.read<std::uint64_t>(cat(path, "/offsets"), H5T_STD_U64LE, {(of_records ? records : excluded) + 1});
    well_formed = well_formed && column.offsets.front() == 0 && column.offsets.back() == column.bytes.size() &&
                  std::is_sorted(column.offsets.begin(), column.offsets.end());
  }
};

std::string hex(std::uint64_t value) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
  const std::string text(digits.data(), end);
  return std::string(16 - text.size(), '0') + text;
}

void check_version(const Hdf5Reader& file, const std::filesystem::path& path) {
  if (file.text("format") != kShardFormat) {
    throw Error(Code::shard_invalid, "not a shard of a store")
        .at(path.string())
        .got(file.text("format"))
        .wanted(kShardFormat);
  }
  if (const auto version = file.integer("version"); version != kStoreVersion) {
    throw Error(Code::store_version, "the shard has another format version")
        .at(path.string())
        .got(cat("version ", version))
        .wanted(cat("version ", kStoreVersion))
        .hint(version > kStoreVersion ? "a newer scar wrote it: update this one" : "prepare the store again");
  }
}

/// Each candidate of the range once: in = used + listed.
bool covers_range(const ShardContent& content) {
  std::vector<std::int64_t> all(content.candidate);
  all.insert(all.end(), content.excluded_candidate.begin(), content.excluded_candidate.end());
  std::sort(all.begin(), all.end());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i] != content.first_candidate + static_cast<std::int64_t>(i)) return false;
  }
  return static_cast<std::int64_t>(all.size()) == content.candidates &&
         std::is_sorted(content.candidate.begin(), content.candidate.end());
}

}  // namespace

std::string metadata_checksum(const ShardContent& content, const StoreInfo& info) {
  Checksummer sums;
  sums.sums = {static_cast<std::uint64_t>(content.shard), static_cast<std::uint64_t>(content.first_candidate),
               static_cast<std::uint64_t>(content.candidates)};
  visit_columns(content, info, sums);
  return hex(xxh3(sums.sums.data(), sums.sums.size() * sizeof(std::uint64_t)));
}

std::string shard_image(const ShardContent& content, std::vector<std::int16_t>&& signal, const StoreInfo& info) {
  const auto n = static_cast<std::uint64_t>(content.records());
  Hdf5Image file(shard_name(content.shard));
  file.attribute("/", "format", std::string(kShardFormat));
  file.attribute("/", "version", std::int64_t{kStoreVersion});
  file.attribute("/", "configuration", content.configuration);
  file.attribute("/", "shard", content.shard);
  file.attribute("/", "first_candidate", content.first_candidate);
  file.attribute("/", "candidates", content.candidates);
  file.attribute("/", "metadata_xxh3", metadata_checksum(content, info));
  file.dataset("/signal", {signal.data(), H5T_STD_I16LE, {n, kLeads, static_cast<std::uint64_t>(info.samples)}});
  std::vector<std::int16_t>().swap(signal);
  file.group("/labels");
  if (!info.findings.empty()) file.group("/evidence");
  file.group("/excluded");
  Writer writer{file, n, static_cast<std::uint64_t>(content.excluded())};
  visit_columns(content, info, writer);
  for (const auto& task : info.tasks) file.attribute(cat("/labels/", task.name), "classes", task.classes);
  return file.bytes();
}

ShardContent read_shard(const std::filesystem::path& path, const StoreInfo& info) {
  const Hdf5Reader file(path);
  check_version(file, path);
  ShardContent content;
  content.file_bytes = file.file_bytes();
  content.configuration = file.text("configuration");
  content.shard = file.integer("shard");
  content.first_candidate = file.integer("first_candidate");
  content.candidates = file.integer("candidates");
  content.metadata_checksum = file.text("metadata_xxh3");
  content.labels.resize(info.tasks.size());
  const auto n = file.length("/candidate"), excluded = file.length("/excluded/candidate");
  Reader reader{file, n, excluded};
  visit_columns(content, info, reader);
  content.signal_offset =
      file.contiguous_offset("/signal", H5T_STD_I16LE, {n, kLeads, static_cast<std::uint64_t>(info.samples)});
  if (const auto sum = metadata_checksum(content, info); sum != content.metadata_checksum) {
    throw Error(Code::shard_checksum, "ids, texts or labels of the shard are not what was written")
        .at(path.string())
        .got(cat("XXH3 ", sum))
        .wanted(cat("XXH3 ", content.metadata_checksum))
        .hint("copy or prepare the store again");
  }
  if (!reader.well_formed || !covers_range(content)) {
    throw Error(Code::shard_invalid, "counts of the shard do not add up")
        .at(path.string())
        .got(cat(n, " records and ", excluded, " excluded"))
        .wanted(cat(content.candidates, " candidates from ", content.first_candidate));
  }
  for (const auto& task : info.tasks) {
    if (file.texts(cat("/labels/", task.name), "classes") != task.classes) {
      throw Error(Code::shard_invalid, "the shard has other classes than the manifest")
          .at(cat(path.string(), ": /labels/", task.name));
    }
  }
  return content;
}

std::string read_shard_configuration(const std::filesystem::path& path) {
  const Hdf5Reader file(path);
  check_version(file, path);
  return file.text("configuration");
}

}  // namespace scar::data
