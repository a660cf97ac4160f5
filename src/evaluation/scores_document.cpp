#include "scores_document.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include <ATen/ops/empty.h>
#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"

namespace scar::evaluation {
namespace {

constexpr const char* kFormat = "scar-scores";
constexpr int kVersion = 1;
constexpr const char* kKey = "scar_scores";
constexpr std::uint64_t kMaxBytes = std::uint64_t{4} << 30;

const char* type_name(at::ScalarType type) {
  if (type == at::kLong) return "I64";
  return type == at::kByte ? "U8" : "F64";
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string out = "[";
  for (const auto size : shape) {
    if (out.size() > 1) out += ", ";
    out += size < 0 ? std::string("n") : cat(size);
  }
  return out + "]";
}

template <class Value>
at::Tensor copied(const std::vector<Value>& values, at::ScalarType type, std::int64_t columns) {
  const auto size = static_cast<std::int64_t>(values.size());
  const auto shape =
      columns == 0 ? std::vector<std::int64_t>{size} : std::vector<std::int64_t>{size / columns, columns};
  auto out = at::empty(shape, at::TensorOptions(type));
  std::copy(values.begin(), values.end(), out.mutable_data_ptr<Value>());
  return out;
}

}  // namespace

at::Tensor to_tensor(const std::vector<std::int64_t>& values) { return copied(values, at::kLong, 0); }
at::Tensor to_tensor(const std::vector<std::uint8_t>& values, std::int64_t columns) {
  return copied(values, at::kByte, columns);
}
at::Tensor to_tensor(const std::vector<double>& values, std::int64_t columns) {
  return copied(values, at::kDouble, columns);
}

void save_scores_document(const std::filesystem::path& path, const std::string& kind, Json document,
                          const tensor::NamedTensors& tensors) {
  Json head = {{"format", kFormat}, {"version", kVersion}, {"kind", kind}};
  head.update(document);
  FileTransaction transaction(path);
  tensor::save_safetensors(transaction.temporary(), tensors, {{kKey, head.dump()}});
  transaction.commit();
}

ScoresReader::ScoresReader(const std::filesystem::path& path) : origin_(path.string()) {
  const auto bytes = read_file(path, static_cast<int>(Code::data_missing), kMaxBytes);
  tensor::SafetensorsFile file;
  try {
    file = tensor::parse_safetensors(bytes, origin_);
  } catch (const Error& error) {
    // Its words are about weights, and so would be the exit status.
    fail("not a file of scores", error.problems().front().what);
  }
  const auto text_of = file.metadata.find(kKey);
  if (text_of == file.metadata.end()) fail("not a file of scores", "a safetensors file of something else");
  document_ = std::make_shared<const Json>(
      parse_json(text_of->second, cat(origin_, ": ", kKey), static_cast<int>(Code::data_unreadable)));
  const auto& head = *document_;
  if (!head.is_object()) fail("the description of the scores is not a JSON object");
  if (text(head, "format") != kFormat) fail("not a file of scores", text(head, "format"), kFormat);
  const auto& version = member(head, "version");
  if (!version.is_number_integer() || version.get<std::int64_t>() != kVersion) {
    fail("scores of another format version", version.dump(), cat(kVersion));
  }
  kind_ = text(head, "kind");
  tensors_ = std::move(file.tensors);
}

void ScoresReader::fail(const std::string& what, const std::string& got, const std::string& wanted) const {
  throw Error(Code::data_unreadable, what)
      .at(origin_)
      .got(got)
      .wanted(wanted)
      .hint("files of scores are written by scar-eval ... --save-scores; copy it again or make it anew");
}

const Json& ScoresReader::member(const Json& object, const std::string& name, const std::string& where) const {
  const auto in = where.empty() ? std::string() : cat(" of ", where);
  if (!object.is_object()) fail(cat("the description", in, " is not an object"));
  const auto found = object.find(name);
  if (found == object.end()) fail(cat("the description", in, " lacks '", name, "'"));
  return *found;
}

std::string ScoresReader::text(const Json& object, const std::string& name, const std::string& where) const {
  const auto& value = member(object, name, where);
  if (!value.is_string()) fail(cat("'", name, "' is not a text"), value.dump().substr(0, 80));
  return value.get<std::string>();
}

std::vector<std::string> ScoresReader::texts(const Json& object, const std::string& name,
                                             const std::string& where) const {
  const auto& value = member(object, name, where);
  if (!value.is_array()) fail(cat("'", name, "' is not a list"), value.dump().substr(0, 80));
  std::vector<std::string> out;
  for (const auto& item : value) {
    if (!item.is_string()) fail(cat("'", name, "' holds something that is no text"), item.dump().substr(0, 80));
    out.push_back(item.get<std::string>());
  }
  return out;
}

std::vector<std::string> ScoresReader::unique_texts(const Json& object, const std::string& name) const {
  auto out = texts(object, name);
  if (out.empty()) fail(cat("'", name, "' is empty"));
  std::set<std::string> seen;
  for (const auto& item : out) {
    if (item.empty() || !seen.insert(item).second) fail(cat("'", name, "' has an empty or a repeated entry"), item);
  }
  return out;
}

const at::Tensor& ScoresReader::tensor(const std::string& name, at::ScalarType type,
                                       const std::vector<std::int64_t>& shape) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) fail(cat("the tensor '", name, "' is missing"));
  const auto& value = found->second;
  bool fits = value.scalar_type() == type && value.dim() == static_cast<std::int64_t>(shape.size());
  for (std::size_t i = 0; fits && i < shape.size(); ++i) {
    fits = shape[i] < 0 || value.size(static_cast<std::int64_t>(i)) == shape[i];
  }
  if (!fits) {
    fail(cat("the tensor '", name, "' has another type or shape"), cat(shape_text(value.sizes().vec())),
         cat(type_name(type), " ", shape_text(shape)));
  }
  return value;
}

std::vector<std::int64_t> ScoresReader::whole_numbers(const std::string& name, std::vector<std::int64_t> shape,
                                                      std::int64_t low, std::int64_t high) const {
  const auto& value = tensor(name, at::kLong, shape);
  const auto* first = value.const_data_ptr<std::int64_t>();
  std::vector<std::int64_t> out(first, first + value.numel());
  for (const auto number : out) {
    if (number < low || number > high) {
      fail(cat("a number in '", name, "' is out of range"), cat(number), cat(low, " to ", high));
    }
  }
  return out;
}

std::vector<std::uint8_t> ScoresReader::bytes(const std::string& name, std::vector<std::int64_t> shape) const {
  const auto& value = tensor(name, at::kByte, shape);
  const auto* first = value.const_data_ptr<std::uint8_t>();
  return {first, first + value.numel()};
}

std::vector<std::uint8_t> ScoresReader::bits(const std::string& name, std::vector<std::int64_t> shape) const {
  auto out = bytes(name, std::move(shape));
  for (const auto bit : out) {
    if (bit > 1) fail(cat("a number in '", name, "' is out of range"), cat(static_cast<int>(bit)), "0 or 1");
  }
  return out;
}

std::vector<double> ScoresReader::numbers(const std::string& name, std::vector<std::int64_t> shape, double low,
                                          double high) const {
  const auto& value = tensor(name, at::kDouble, shape);
  const auto* first = value.const_data_ptr<double>();
  std::vector<double> out(first, first + value.numel());
  for (const double number : out) {
    if (!std::isfinite(number) || number < low || number > high) {
      const bool any = std::isinf(low) && std::isinf(high);
      fail(cat("a number in '", name, "' is out of range"), cat(number),
           any ? std::string("a finite number") : cat(low, " to ", high));
    }
  }
  return out;
}

}  // namespace scar::evaluation
