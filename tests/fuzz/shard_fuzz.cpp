// read_shard on HDF5 files that are sound as such and wrong as shards: the input chooses attributes, types, shapes and
// contents of the datasets, our own writer makes the file. HDF5's own decoding of damaged files is not tested here.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "fuzz/fuzz_support.h"
#include "fuzz/scratch_file.h"
#include "hdf5_file.h"
#include "shard_file.h"

namespace data = scar::data;

namespace {

/// Takes choices off the input; zeros once it is used up.
class Choices {
 public:
  Choices(const std::uint8_t* bytes, std::size_t size) : bytes_(bytes), size_(size) {}
  std::uint8_t byte() { return at_ < size_ ? bytes_[at_++] : std::uint8_t{0}; }
  std::int64_t integer() {
    std::uint64_t value = 0;
    const int width = byte() % 9;
    for (int i = 0; i < width; ++i) value = value << 8 | byte();
    return static_cast<std::int64_t>(value);
  }
  std::string text() {
    std::string out;
    for (int n = byte() % 16; n > 0; --n) out += static_cast<char>(byte());
    return out;
  }
  /// One time in eight something else than what a shard has.
  bool odd() { return byte() % 8 == 1; }

 private:
  const std::uint8_t* bytes_;
  std::size_t size_, at_ = 0;
};

data::StoreInfo store_info() {
  data::StoreInfo info;
  info.kind = "synth";
  info.rate_hz = 100;
  info.samples = 4;
  info.tasks = {{"a", {"x", "y"}}};
  info.findings = {"f"};
  info.evidence_blocks = 1;
  return info;
}

class ShardWriter {
 public:
  explicit ShardWriter(Choices choices) : in_(choices) {}

  std::string bytes() {
    const auto n = static_cast<std::uint64_t>(in_.byte() % 4), left_out = static_cast<std::uint64_t>(in_.byte() % 3);
    text_attribute("format", "scar-shard");
    integer_attribute("version", 1);
    text_attribute("configuration", "c");
    integer_attribute("shard", 0);
    integer_attribute("first_candidate", 0);
    integer_attribute("candidates", static_cast<std::int64_t>(n + left_out));
    text_attribute("metadata_xxh3", "0123456789abcdef");
    array("/signal", H5T_STD_I16LE, {n, 12, 4});
    for (const char* group : {"/labels", "/evidence", "/excluded"}) file_.group(group);
    array("/candidate", H5T_STD_I64LE, {n});
    for (const char* name : {"/id", "/patient", "/report", "/report_raw", "/recorder", "/language"}) texts(name, n);
    array("/fold", H5T_STD_I32LE, {n});
    array("/scale_mv", H5T_IEEE_F32LE, {n});
    array("/xxh3", H5T_STD_U64LE, {n});
    array("/labels/a", H5T_STD_U8LE, {n, 2});
    array("/evidence/primary", H5T_STD_U8LE, {n, 1, 2});
    array("/evidence/secondary", H5T_STD_U8LE, {n, 1, 2});
    array("/excluded/candidate", H5T_STD_I64LE, {left_out});
    for (const char* name : {"/excluded/id", "/excluded/reason", "/excluded/detail"}) texts(name, left_out);
    return file_.bytes();
  }

 private:
  void text_attribute(const char* name, const std::string& sound) {
    if (!in_.odd()) return file_.attribute("/", name, sound);
    switch (in_.byte() % 4) {
      case 0:
        return file_.attribute("/", name, in_.text());
      case 1:
        return file_.attribute("/", name, in_.integer());
      case 2:
        return file_.attribute("/", name, std::vector<std::string>{sound, in_.text()});
      default:
        return;  // missing
    }
  }
  void integer_attribute(const char* name, std::int64_t sound) {
    if (!in_.odd()) return file_.attribute("/", name, sound);
    switch (in_.byte() % 3) {
      case 0:
        return file_.attribute("/", name, in_.integer());
      case 1:
        return file_.attribute("/", name, in_.text());
      default:
        return;
    }
  }
  void array(const std::string& path, hid_t type, std::vector<std::uint64_t> shape) {
    if (in_.odd()) {
      const hid_t types[] = {H5T_STD_U8LE, H5T_STD_I16LE, H5T_STD_I32LE, H5T_STD_I64LE, H5T_STD_U64LE, H5T_IEEE_F32LE};
      switch (in_.byte() % 4) {
        case 0:
          type = types[in_.byte() % std::size(types)];
          break;
        case 1:
          shape[in_.byte() % shape.size()] = in_.byte() % 8;
          break;
        case 2:
          shape.push_back(in_.byte() % 4);
          if (shape.size() > 3) shape.erase(shape.begin());
          break;
        default:
          return;
      }
    }
    std::uint64_t count = 1;
    for (const auto extent : shape) count *= extent;
    std::vector<std::uint8_t> content(std::max<std::uint64_t>(count * 8, 1), 0);
    const auto filled = std::min<std::size_t>(content.size(), in_.byte());
    for (std::size_t i = 0; i < filled; ++i) content[i] = in_.byte();
    file_.dataset(path, {content.data(), type, shape});
  }
  void texts(const std::string& path, std::uint64_t n) {
    file_.group(path);
    array(path + "/bytes", H5T_STD_U8LE, {static_cast<std::uint64_t>(in_.byte() % 8)});
    array(path + "/offsets", H5T_STD_U64LE, {n + 1});
  }

  Choices in_;
  data::Hdf5Image file_{"fuzz.h5"};
};

/// A shard whose metadata checksum is right, with counts, candidates and offsets of texts as the input chooses.
std::string checksummed(Choices in, const data::StoreInfo& info) {
  data::ShardContent content;
  content.configuration = "c";
  content.shard = in.odd() ? in.integer() : 0;
  content.first_candidate = in.odd() ? in.integer() : 0;
  const int n = in.byte() % 4, left_out = in.byte() % 3;
  content.candidates = in.odd() ? in.integer() : n + left_out;
  for (int i = 0; i < n + left_out; ++i)
    (i < n ? content.candidate : content.excluded_candidate).push_back(in.odd() ? in.integer() : i);
  const auto texts = [&](data::TextColumn& column, int count) {
    for (int i = 0; i < count; ++i) column.push_back(in.text());
    for (auto& offset : column.offsets) offset = in.odd() ? static_cast<std::uint64_t>(in.integer()) : offset;
  };
  for (auto* column :
       {&content.id, &content.patient, &content.report, &content.report_raw, &content.recorder, &content.language})
    texts(*column, n);
  for (auto* column : {&content.excluded_id, &content.excluded_reason, &content.excluded_detail})
    texts(*column, left_out);
  const auto records = static_cast<std::size_t>(n);
  content.fold.resize(records);
  content.scale_mv.resize(records);
  content.checksum.resize(records);
  content.labels.assign(1, std::vector<std::uint8_t>(2 * records));
  content.primary.resize(2 * records);
  content.secondary.resize(2 * records);
  return data::shard_image(content, std::vector<std::int16_t>(records * 12 * 4), info);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const scar::fuzz::ScratchFolder folder;
  static const auto info = store_info();
  Choices choices(bytes, size);
  const bool sound_checksum = choices.byte() % 2 == 1;
  const auto path =
      folder.write("shard-00000.h5", sound_checksum ? checksummed(choices, info) : ShardWriter(choices).bytes());
  const auto read = [&] {
    const auto shard = data::read_shard(path, info);
    const auto n = static_cast<std::size_t>(shard.records());
    FUZZ_CHECK(shard.records() + shard.excluded() == shard.candidates);
    for (const auto* column :
         {&shard.id, &shard.patient, &shard.report, &shard.report_raw, &shard.recorder, &shard.language}) {
      FUZZ_CHECK(column->size() == n);
      for (std::size_t i = 0; i < n; ++i) FUZZ_CHECK((*column)[i].size() <= column->bytes.size());
    }
    FUZZ_CHECK(shard.fold.size() == n && shard.labels.front().size() == 2 * n && shard.primary.size() == 2 * n);
    FUZZ_CHECK(shard.signal_offset + n * 12 * 4 * 2 <= shard.file_bytes);
  };
  scar::fuzz::accepts(read);
  scar::fuzz::accepts([&] { static_cast<void>(data::read_shard_configuration(path)); });
  return 0;
}
