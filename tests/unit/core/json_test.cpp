#include "scar/core/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "scar/core/error.h"

namespace scar {
namespace {

constexpr int kCode = static_cast<int>(Code::manifest_invalid);

TEST(Json, KeepsTheOrderOfKeys) {
  EXPECT_EQ(parse_json(R"({"b": 1, "a": [1, {"c": null}]})", "t", kCode).dump(), R"({"b":1,"a":[1,{"c":null}]})");
}

TEST(Json, RefusesDuplicatesNanAndTrailingText) {
  for (const char* text :
       {R"({"a": 1, "a": 2})", R"({"x": {"a": 1, "a": 1}})", R"({"a": NaN})", R"({"a": 1} x)", "", "{", "{'a': 1}"}) {
    EXPECT_THROW((void)parse_json(text, "t", kCode), Error) << text;
  }
  EXPECT_NO_THROW((void)parse_json(R"([{"a": 1}, {"a": 2}])", "t", kCode))
      << "equal keys of different objects are fine";
}

TEST(Json, CarriesTheCodeOfTheCaller) {
  try {
    (void)parse_json("{", "x.json", kCode);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::manifest_invalid);
    EXPECT_EQ(error.problems()[0].where, "x.json");
  }
}

TEST(Json, RefusesWhatIsNestedBeyondReason) {
  // The library copies and writes by recursion: a few hundred thousand brackets in a manifest would end the program.
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_NO_THROW((void)parse_json(nested(200), "t", kCode).dump());
  EXPECT_THROW((void)parse_json(nested(1'000'000), "t", kCode), Error);
}

}  // namespace
}  // namespace scar
