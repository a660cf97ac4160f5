#include "mat5_file.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "strict_text.h"

namespace scar::ingest {

namespace {

static_assert(std::endian::native == std::endian::little, "numbers are copied low byte first");

// Types of elements and classes of arrays, as "MAT-File Format" of The MathWorks lists them.
enum Type : std::uint32_t {
  kInt8 = 1,
  kUint8 = 2,
  kInt16 = 3,
  kUint16 = 4,
  kInt32 = 5,
  kUint32 = 6,
  kSingle = 7,
  kDouble = 9,
  kInt64 = 12,
  kUint64 = 13,
  kMatrix = 14,
  kCompressed = 15
};
constexpr std::uint8_t kStructClass = 2, kDoubleClass = 6;
constexpr std::uint32_t kComplexFlag = 0x800;

template <class T>
T load(std::string_view bytes, std::size_t at = 0) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

struct Element {
  std::uint32_t type = 0;
  std::string_view data;
};

Error damaged(const std::string& origin) {
  return Error(Code::mat_invalid, "the file is cut short or damaged").at(origin).hint("copy the record again");
}

/// Takes elements off the front of a run of them.
class Elements {
 public:
  Elements(std::string_view rest, const std::string& origin) : rest_(rest), origin_(origin) {}
  [[nodiscard]] bool empty() const { return rest_.empty(); }

  Element next() {
    constexpr std::size_t kTag = 8, kSmall = 4;
    if (rest_.size() < kTag) throw damaged(origin_);
    Element element{load<std::uint32_t>(rest_), {}};
    if (const auto small = element.type >> 16; small != 0) {  // type and size in one word, at most four bytes after it
      if (small > kSmall) throw damaged(origin_);
      element.type &= 0xFFFFU;
      element.data = rest_.substr(kSmall, small);
      rest_.remove_prefix(kTag);
      return element;
    }
    const std::size_t size = load<std::uint32_t>(rest_, sizeof element.type);
    rest_.remove_prefix(kTag);
    if (size > rest_.size()) throw damaged(origin_);
    element.data = rest_.substr(0, size);
    // Elements end at multiples of 8 bytes, compressed ones where they end.
    const std::size_t padded = element.type == kCompressed ? size : (size + 7) / 8 * 8;
    if (padded > rest_.size()) throw damaged(origin_);
    rest_.remove_prefix(padded);
    return element;
  }
  Element next(std::uint32_t type) {
    const auto element = next();
    if (element.type != type) throw damaged(origin_);
    return element;
  }

 private:
  std::string_view rest_;
  const std::string& origin_;
};

/// The bytes of a compressed element; nothing if it is damaged or grows beyond `limit`. Memory grows with what comes out.
std::optional<std::string> inflated(std::string_view bytes, std::size_t limit) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return std::nullopt;
  std::array<char, std::size_t{1} << 14> part;
  std::string out;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib does not write to it
  stream.avail_in = static_cast<uInt>(bytes.size());
  int status = Z_OK;
  while (status == Z_OK && out.size() <= limit) {
    stream.next_out = reinterpret_cast<Bytef*>(part.data());
    stream.avail_out = part.size();
    status = inflate(&stream, Z_NO_FLUSH);
    out.append(part.data(), part.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END || out.size() > limit) return std::nullopt;
  return out;
}

/// The beginning that all arrays have.
struct Array {
  std::uint8_t kind = 0;  // class
  bool complex = false;
  std::vector<std::int32_t> dimensions;
  std::string_view name;
  Elements rest;
};

Array read_array(std::string_view content, const std::string& origin) {
  Elements rest(content, origin);
  const auto flags = rest.next(kUint32).data;
  const auto dimensions = rest.next(kInt32).data;
  const auto name = rest.next(kInt8).data;
  if (flags.size() != 8 || dimensions.size() % 4 != 0) throw damaged(origin);
  Array array{.kind = load<std::uint8_t>(flags),
              .complex = (load<std::uint32_t>(flags) & kComplexFlag) != 0,
              .dimensions = {},
              .name = name,
              .rest = rest};
  for (std::size_t at = 0; at < dimensions.size(); at += 4)
    array.dimensions.push_back(load<std::int32_t>(dimensions, at));
  return array;
}

template <class T>
void append(std::string_view data, std::vector<double>& out) {
  for (std::size_t at = 0; at < data.size(); at += sizeof(T)) out.push_back(static_cast<double>(load<T>(data, at)));
}

struct Storage {
  std::size_t width;
  void (*append)(std::string_view, std::vector<double>&);
};

// MATLAB stores whole numbers of class double in the smallest type that holds them all.
std::optional<Storage> storage_of(std::uint32_t type) {
  switch (type) {
    case kInt8:
      return Storage{1, append<std::int8_t>};
    case kUint8:
      return Storage{1, append<std::uint8_t>};
    case kInt16:
      return Storage{2, append<std::int16_t>};
    case kUint16:
      return Storage{2, append<std::uint16_t>};
    case kInt32:
      return Storage{4, append<std::int32_t>};
    case kUint32:
      return Storage{4, append<std::uint32_t>};
    case kSingle:
      return Storage{4, append<float>};
    case kDouble:
      return Storage{8, append<double>};
    case kInt64:
      return Storage{8, append<std::int64_t>};
    case kUint64:
      return Storage{8, append<std::uint64_t>};
    default:
      return std::nullopt;
  }
}

/// The content of a field of a struct; nothing if the struct has no such field.
std::optional<std::string_view> find_field(Array structure, std::string_view field, const std::string& origin) {
  const auto length_bytes = structure.rest.next(kInt32).data;
  const auto names = structure.rest.next(kInt8).data;
  if (length_bytes.size() != 4) throw damaged(origin);
  const auto stated = load<std::int32_t>(length_bytes);
  if (stated < 1) throw damaged(origin);
  const auto length = static_cast<std::size_t>(stated);
  if (names.size() % length != 0) throw damaged(origin);
  for (std::size_t at = 0; at < names.size(); at += length) {
    const auto content = structure.rest.next(kMatrix).data;
    auto name = names.substr(at, length);
    name = name.substr(0, name.find('\0'));
    if (name == field) return content;
  }
  return std::nullopt;
}

}  // namespace

Mat5File::Mat5File(std::string_view bytes, std::string origin, std::size_t max_inflated) : origin_(std::move(origin)) {
  constexpr std::size_t kHeader = 128;
  constexpr std::uint16_t kVersion = 0x0100;
  if (bytes.size() < kHeader || bytes.substr(kHeader - 2, 2) != "IM" ||
      load<std::uint16_t>(bytes, kHeader - 4) != kVersion)
    throw Error(Code::mat_invalid, "not a MATLAB 5 file, low byte first").at(origin_);
  Elements elements(bytes.substr(kHeader), origin_);
  while (!elements.empty()) {
    const auto element = elements.next();
    if (element.type == kMatrix) variables_.push_back(element.data);
    if (element.type != kCompressed) continue;
    auto content = inflated(element.data, max_inflated);
    if (!content) {
      throw Error(Code::mat_invalid, "a compressed part of the file is damaged or too large")
          .at(origin_)
          .hint("copy the record again");
    }
    max_inflated -= content->size();
    inflated_.push_back(std::move(*content));
  }
  for (const auto& content : inflated_) variables_.push_back(Elements(content, origin_).next(kMatrix).data);
}

Mat5Matrix Mat5File::matrix(std::string_view variable, std::string_view field, std::size_t rows,
                            std::size_t max_columns) const {
  const auto invalid = [&](std::string what) { return Error(Code::mat_invalid, std::move(what)).at(origin_); };
  std::optional<Array> structure;
  for (const auto content : variables_) {
    auto array = read_array(content, origin_);
    if (array.name != variable || array.kind != kStructClass) continue;
    structure.emplace(std::move(array));
    break;
  }
  if (!structure) throw invalid(cat("there is no struct ", variable));
  if (structure->dimensions != std::vector<std::int32_t>{1, 1})
    throw invalid(cat("the struct ", variable, " is not one but several"));
  const auto content = find_field(*structure, field, origin_);
  if (!content) throw invalid(cat("the struct ", variable, " has no field '", field, "'"));
  auto array = read_array(*content, origin_);
  const auto& size = array.dimensions;
  const auto is = [](std::int32_t n, std::size_t low, std::size_t high) {
    return n >= 0 && static_cast<std::size_t>(n) >= low && static_cast<std::size_t>(n) <= high;
  };
  if (array.kind != kDoubleClass || array.complex || size.size() != 2 || !is(size[0], rows, rows) ||
      !is(size[1], 1, max_columns)) {
    throw invalid(cat(variable, ".", field, " is no matrix of ", rows, " rows"))
        .got(size.size() == 2 ? cat(size[0], " x ", size[1]) : cat(size.size(), " dimensions"))
        .wanted(cat(rows, " x n double, n at most ", max_columns));
  }
  Mat5Matrix out{rows, static_cast<std::size_t>(size[1]), {}};
  const auto data = array.rest.next();
  const auto storage = storage_of(data.type);
  if (!storage || data.data.size() != out.rows * out.columns * storage->width) throw damaged(origin_);
  out.values.reserve(out.rows * out.columns);
  storage->append(data.data, out.values);
  return out;
}

}  // namespace scar::ingest
