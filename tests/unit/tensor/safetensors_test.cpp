#include "scar/tensor/safetensors.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "scar/core/error.h"
#include "support/temporary_folder.h"

namespace scar::tensor {
namespace {

std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string file_of(const std::string& header, const std::string& data) {
  const auto length = static_cast<std::uint64_t>(header.size());
  std::string out(sizeof length, '\0');
  std::memcpy(out.data(), &length, sizeof length);
  return out + header + data;
}

class Safetensors : public testing::Test {
 protected:
  test::TemporaryFolder folder;
};

TEST_F(Safetensors, RoundTripKeepsEveryTypeAndShape) {
  NamedTensors tensors;
  for (const auto type : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt, at::kShort, at::kChar,
                          at::kByte, at::kBool}) {
    tensors[std::string("a.") + c10::toString(type)] = at::arange(6).view({2, 3}).to(type);
  }
  tensors["scalar"] = at::full({}, 2.5);
  tensors["empty"] = at::empty({0, 4});
  tensors["strided"] = at::arange(12).view({3, 4}).t();
  tensors["name with \"quotes\" and \xC3\xA4"] = at::zeros({1});
  const auto path = folder.path() / "t.safetensors";
  save_safetensors(path, tensors, {{"step", "7"}, {"note", "line\nbreak"}});
  const auto back = load_safetensors(path);
  EXPECT_EQ(back.metadata.at("step"), "7");
  EXPECT_EQ(back.metadata.at("note"), "line\nbreak");
  EXPECT_EQ(back.metadata.at("format"), "pt");
  ASSERT_EQ(back.tensors.size(), tensors.size());
  for (const auto& [name, value] : tensors) {
    EXPECT_EQ(back.tensors.at(name).scalar_type(), value.scalar_type()) << name;
    EXPECT_TRUE(back.tensors.at(name).equal(value)) << name;
  }
}

TEST_F(Safetensors, EqualInputGivesEqualBytesAlignedByType) {
  const NamedTensors tensors = {
      {"b", at::zeros({3}, at::kByte)}, {"z", at::zeros({1}, at::kDouble)}, {"a", at::zeros({1}, at::kFloat)}};
  save_safetensors(folder.path() / "1.safetensors", tensors);
  save_safetensors(folder.path() / "2.safetensors", tensors);
  const auto bytes = slurp(folder.path() / "1.safetensors");
  EXPECT_EQ(bytes, slurp(folder.path() / "2.safetensors"));
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  EXPECT_EQ(length % 8, 0u);
  EXPECT_EQ(bytes.size(), 8 + length + 8 + 4 + 3);
  EXPECT_LT(bytes.find("\"z\""), bytes.find("\"a\""));
  EXPECT_LT(bytes.find("\"a\""), bytes.find("\"b\""));
}

TEST_F(Safetensors, AnEmptyFileOfTensorsIsValid) {
  save_safetensors(folder.path() / "e.safetensors", {});
  EXPECT_TRUE(load_safetensors(folder.path() / "e.safetensors").tensors.empty());
}

TEST_F(Safetensors, AMissingFileAndAPickleAreTold) {
  try {
    (void)load_safetensors(folder.path() / "none.safetensors");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::checkpoint_missing);
  }
  try {
    (void)load_safetensors(folder.path() / "model.ckpt");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::weights_invalid);
    EXPECT_NE(std::string(error.what()).find("save_file"), std::string::npos);
  }
}

struct Hostile {
  const char* name;
  std::string bytes;
};

std::vector<Hostile> hostile_files() {
  const auto one = [](const std::string& entry, const std::string& data = std::string(4, '\0')) {
    return file_of("{\"x\":" + entry + "}", data);
  };
  const std::string sound = R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})";
  std::string long_header(8, '\xff');
  return {
      {"empty file", ""},
      {"seven bytes", "1234567"},
      {"header length beyond the file", file_of("{}", "").substr(0, 9)},
      {"header length of 2^64 - 1", long_header + "{}"},
      {"empty header", file_of("", "")},
      {"header that is no JSON", file_of("{\"x\":", "")},
      {"header that is an array", file_of("[1]", "")},
      {"space before the brace", file_of(" {}", "")},
      {"text after the object", file_of("{} {}", "")},
      {"duplicate name", file_of("{\"x\":" + sound + ",\"x\":" + sound + "}", std::string(4, '\0'))},
      {"entry that is a number", one("5")},
      {"entry without shape", one(R"({"dtype":"F32","data_offsets":[0,4]})")},
      {"entry with a field too many", one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1})")},
      {"unknown dtype", one(R"({"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]})")},
      {"dtype that is a number", one(R"({"dtype":32,"shape":[1],"data_offsets":[0,4]})")},
      {"negative dimension", one(R"({"dtype":"F32","shape":[-1],"data_offsets":[0,4]})")},
      {"fractional dimension", one(R"({"dtype":"F32","shape":[1.0],"data_offsets":[0,4]})")},
      {"dimension beyond 64 bits", one(R"({"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]})")},
      {"size that overflows", one(R"({"dtype":"F32","shape":[4611686018427387905,4],"data_offsets":[0,4]})")},
      {"size that overflows beside an empty dimension",
       one(R"({"dtype":"F32","shape":[0,4611686018427387905,4611686018427387905],"data_offsets":[0,0]})", "")},
      {"too many dimensions",
       one(R"({"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]})", "a")},
      {"shape that is an object", one(R"({"dtype":"F32","shape":{},"data_offsets":[0,4]})")},
      {"offsets beyond the file", one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})")},
      {"offsets in the wrong order", one(R"({"dtype":"F32","shape":[1],"data_offsets":[4,0]})")},
      {"three offsets", one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4,4]})")},
      {"offsets that do not fit the shape", one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})")},
      {"a hole at the start", one(R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})", std::string(8, '\0'))},
      {"bytes after the last tensor", one(sound, std::string(5, '\0'))},
      {"data cut short", one(sound, std::string(3, '\0'))},
      {"two tensors on the same bytes", file_of("{\"x\":" + sound + ",\"y\":" + sound + "}", std::string(4, '\0'))},
      {"metadata that is no object", file_of(R"({"__metadata__":3})", "")},
      {"metadata with a number", file_of(R"({"__metadata__":{"a":3}})", "")},
      {"a truth value of 2", one(R"({"dtype":"BOOL","shape":[1],"data_offsets":[0,1]})", "\x02")},
      {"invalid UTF-8 in a name", file_of("{\"\xff\":" + sound + "}", std::string(4, '\0'))},
      {"NaN as an offset", one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,NaN]})")},
      {"deep nesting", file_of("{\"x\":" + std::string(100000, '[') + std::string(100000, ']') + "}", "")},
  };
}

TEST_F(Safetensors, HostileFilesAreRefusedWithOneMessage) {
  for (const auto& [name, bytes] : hostile_files()) {
    try {
      (void)parse_safetensors(bytes, "hostile.safetensors");
      ADD_FAILURE() << "accepted: " << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::weights_invalid) << name;
      EXPECT_NE(std::string(error.what()).find("hostile.safetensors"), std::string::npos) << name;
    }
  }
}

TEST_F(Safetensors, EveryTruncationIsRefused) {
  save_safetensors(folder.path() / "t.safetensors", {{"a", at::arange(3)}, {"b", at::zeros({2})}});
  const auto bytes = slurp(folder.path() / "t.safetensors");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW((void)parse_safetensors(std::string_view(bytes).substr(0, size), "cut"), Error) << size;
  }
}

}  // namespace
}  // namespace scar::tensor
