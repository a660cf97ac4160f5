#include "scar/tensor/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include <ATen/ops/empty.h>
#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "scar/core/json.h"

namespace scar::tensor {

namespace {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

constexpr std::uint64_t kMaxHeader = 100'000'000;
constexpr std::uint64_t kMaxFile = std::uint64_t{64} << 30;
constexpr std::uint64_t kMaxDimensions = 16;

struct TypeName {
  at::ScalarType type;
  std::uint64_t size;
  const char* name;
};
constexpr std::array<TypeName, 10> kTypes = {{{at::kDouble, 8, "F64"},
                                              {at::kFloat, 4, "F32"},
                                              {at::kHalf, 2, "F16"},
                                              {at::kBFloat16, 2, "BF16"},
                                              {at::kLong, 8, "I64"},
                                              {at::kInt, 4, "I32"},
                                              {at::kShort, 2, "I16"},
                                              {at::kChar, 1, "I8"},
                                              {at::kByte, 1, "U8"},
                                              {at::kBool, 1, "BOOL"}}};

const TypeName& name_of(at::ScalarType type, const std::string& tensor) {
  const auto* found = std::ranges::find(kTypes, type, &TypeName::type);
  TORCH_CHECK(found != kTypes.end(), "safetensors cannot hold ", tensor, " of type ", type);
  return *found;
}

struct Entry {
  std::string name;
  const TypeName* type = nullptr;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0, end = 0;
};

/// Checks one file in memory, step by step; each step may rely on the ones before.
class Reader {
 public:
  Reader(std::string_view bytes, const std::string& origin) : bytes_(bytes), origin_(origin) {}

  SafetensorsFile read() {
    const auto header = parse_json(header_text(), origin_, static_cast<int>(Code::weights_invalid));
    if (!header.is_object()) fail("the header of the weights file is not a JSON object");
    SafetensorsFile file;
    std::vector<Entry> entries;
    for (const auto& [name, value] : header.items()) {
      if (name == "__metadata__") {
        file.metadata = metadata(value);
      } else {
        entries.push_back(entry(name, value));
      }
    }
    check_cover(entries);
    for (const auto& each : entries) file.tensors[each.name] = tensor(each);
    return file;
  }

 private:
  [[noreturn]] void fail(std::string what, std::string got = {}, std::string wanted = {}) const {
    throw Error(Code::weights_invalid, std::move(what))
        .at(origin_)
        .got(std::move(got))
        .wanted(std::move(wanted))
        .hint("the file is damaged or not a safetensors file: copy or convert it again");
  }

  std::string_view header_text() {
    std::uint64_t length = 0;
    if (bytes_.size() < sizeof length)
      fail("weights file is too short for a header", cat(bytes_.size(), " bytes"), "8 or more");
    std::memcpy(&length, bytes_.data(), sizeof length);
    if (length > kMaxHeader)
      fail("header of the weights file is too long", cat(length, " bytes"), cat("at most ", kMaxHeader));
    if (length > bytes_.size() - sizeof length) {
      fail("weights file ends inside its header", cat(bytes_.size(), " bytes"),
           cat(length + sizeof length, " or more"));
    }
    data_ = bytes_.substr(sizeof length + length);
    const auto text = bytes_.substr(sizeof length, length);
    if (text.empty() || text.front() != '{') fail("the header of the weights file does not begin with '{'");
    return text;
  }

  Metadata metadata(const Json& value) const {
    if (!value.is_object()) fail("__metadata__ of the weights file is not an object");
    Metadata out;
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) fail(cat("metadata '", key, "' of the weights file is not a text"));
      out[key] = text.get<std::string>();
    }
    return out;
  }

  std::uint64_t number(const Json& value, const std::string& what) const {
    if (!value.is_number_unsigned()) fail(cat(what, " is not a whole number from 0 on"));
    return value.get<std::uint64_t>();
  }

  Entry entry(const std::string& name, const Json& value) const {
    const auto what = cat("tensor '", name, "'");
    if (!value.is_object() || value.size() != 3 || !value.contains("dtype") || !value.contains("shape") ||
        !value.contains("data_offsets")) {
      fail(cat(what, " has other fields than dtype, shape and data_offsets"));
    }
    Entry out;
    out.name = name;
    if (!value["dtype"].is_string()) fail(cat(what, " has a dtype that is no text"));
    const auto dtype = value["dtype"].get<std::string>();
    out.type = std::ranges::find_if(kTypes, [&](const TypeName& type) { return dtype == type.name; });
    if (out.type == kTypes.end())
      fail(cat(what, " has an unknown dtype"), dtype, "F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL");

    const auto& shape = value["shape"];
    if (!shape.is_array() || shape.size() > kMaxDimensions) fail(cat(what, " has an invalid shape"));
    // An empty dimension makes the size 0 whatever the others are, but LibTorch multiplies those too.
    std::uint64_t size = out.type->size, product = out.type->size;
    for (const auto& item : shape) {
      const auto dimension = number(item, cat("a dimension of ", what));
      const auto factor = std::max<std::uint64_t>(dimension, 1);
      if (product > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / factor) {
        fail(cat("the size of ", what, " overflows"));
      }
      product *= factor;
      size *= dimension;
      out.shape.push_back(static_cast<std::int64_t>(dimension));
    }
    if (std::ranges::find(out.shape, 0) != out.shape.end()) size = 0;

    const auto& offsets = value["data_offsets"];
    if (!offsets.is_array() || offsets.size() != 2) fail(cat(what, " has invalid data_offsets"));
    out.begin = number(offsets[0], cat("an offset of ", what));
    out.end = number(offsets[1], cat("an offset of ", what));
    if (out.begin > out.end || out.end > data_.size()) {
      fail(cat(what, " lies outside the file"), cat(out.begin, " to ", out.end), cat("within 0 to ", data_.size()));
    }
    if (out.end - out.begin != size) {
      fail(cat(what, " has offsets that do not fit its shape"), cat(out.end - out.begin, " bytes"),
           cat(size, " bytes"));
    }
    return out;
  }

  void check_cover(std::vector<Entry> entries) const {
    std::ranges::sort(entries, {}, [](const Entry& e) { return std::pair(e.begin, e.end); });
    std::uint64_t position = 0;
    for (const auto& each : entries) {
      if (each.begin != position) {
        fail(cat("tensor '", each.name, each.begin < position ? "' overlaps another" : "' leaves a hole before it"),
             cat("begins at ", each.begin), cat(position));
      }
      position = each.end;
    }
    if (position != data_.size()) {
      fail("the weights file has bytes that belong to no tensor", cat(data_.size(), " bytes of data"), cat(position));
    }
  }

  at::Tensor tensor(const Entry& each) const {
    auto out = at::empty(each.shape, at::TensorOptions(each.type->type));
    const auto bytes = data_.substr(each.begin, each.end - each.begin);
    if (each.type->type == at::kBool && std::ranges::any_of(bytes, [](char c) { return c != 0 && c != 1; })) {
      fail(cat("tensor '", each.name, "' of type BOOL has bytes other than 0 and 1"));
    }
    if (!bytes.empty()) std::memcpy(out.mutable_data_ptr(), bytes.data(), bytes.size());
    return out;
  }

  std::string_view bytes_, data_;
  std::string origin_;
};

}  // namespace

void save_safetensors(const std::filesystem::path& path, const NamedTensors& tensors, const Metadata& metadata) {
  struct Item {
    const std::string* name;
    at::Tensor value;
    const TypeName* type;
  };
  std::vector<Item> items;
  for (const auto& [name, value] : tensors) {
    TORCH_CHECK(name != "__metadata__", "a tensor must not be called __metadata__");
    const auto& type = name_of(value.scalar_type(), name);
    items.push_back({&name, value.detach().to(at::kCPU).contiguous(), &type});
  }
  std::ranges::stable_sort(items, std::ranges::greater(), [](const Item& item) { return item.type->size; });

  Json header = Json::object();
  header["__metadata__"] = Json::object();
  header["__metadata__"]["format"] = "pt";
  for (const auto& [key, text] : metadata) header["__metadata__"][key] = text;
  std::uint64_t position = 0;
  for (const auto& item : items) {
    const auto begin = position;
    position += static_cast<std::uint64_t>(item.value.nbytes());
    header[*item.name] =
        Json{{"dtype", item.type->name}, {"shape", item.value.sizes().vec()}, {"data_offsets", {begin, position}}};
  }
  auto text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const auto length = static_cast<std::uint64_t>(text.size());

  OutputFile file(path);
  file.write(&length, sizeof length);
  file.write(text);
  for (const auto& item : items) {
    if (item.value.nbytes() != 0) file.write(item.value.const_data_ptr(), item.value.nbytes());
  }
  file.close();
}

SafetensorsFile parse_safetensors(std::string_view bytes, const std::string& origin) {
  return Reader(bytes, origin).read();
}

SafetensorsFile load_safetensors(const std::filesystem::path& path) {
  for (const char* pickled : {".pt", ".pth", ".ckpt", ".bin", ".pkl"}) {
    if (path.extension() == pickled) {
      throw Error(Code::weights_invalid, "pickled weights are not read: loading them can run code")
          .at(path.string())
          .hint(
              "convert them in Python: safetensors.torch.save_file(torch.load(path, weights_only=True), "
              "\"weights.safetensors\")");
    }
  }
  return parse_safetensors(read_file(path, static_cast<int>(Code::checkpoint_missing), kMaxFile), path.string());
}

}  // namespace scar::tensor
