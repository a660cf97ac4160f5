#include "scar/core/yaml_reader.h"

#include <gtest/gtest.h>

namespace scar {
namespace {

Code code_of(const std::string& text) {
  try {
    (void)parse_yaml(text, "t.yaml");
  } catch (const Error& error) {
    return error.code();
  }
  return Code{};
}

TEST(YamlReader, KeepsLinesColumnsAndOrder) {
  const auto document = parse_yaml("b: 1\na:\n  - x\n  - \"y\"\n", "t.yaml");
  ASSERT_EQ(document.root.members.size(), 2u);
  EXPECT_EQ(document.root.members[0].key, "b");
  const auto* list = document.root.find("a");
  ASSERT_NE(list, nullptr);
  EXPECT_EQ(document.where(list->items[1]), "t.yaml:4:5");
  EXPECT_TRUE(list->items[1].quoted);
  EXPECT_FALSE(list->items[0].quoted);
}

TEST(YamlReader, EveryDuplicateKeyIsNamedWithBothLines) {
  try {
    (void)parse_yaml("a: 1\nb: 2\na: 3\nc:\n  d: 1\n  d: 2\n", "t.yaml");
    FAIL();
  } catch (const Error& error) {
    ASSERT_EQ(error.problems().size(), 2u);
    EXPECT_EQ(error.problems()[0].where, "t.yaml:3:1");
    EXPECT_NE(error.problems()[0].hint.find("line 1"), std::string::npos);
    EXPECT_EQ(error.problems()[1].where, "t.yaml:6:3");
  }
}

TEST(YamlReader, RefusesWhatWouldSurprise) {
  EXPECT_EQ(code_of("a: &x 1\nb: *x\n"), Code::config_syntax);
  EXPECT_EQ(code_of("a: {b: 1}\nc:\n  <<: {d: 1}\n"), Code::config_syntax);
  EXPECT_EQ(code_of("a: !!int 3\n"), Code::config_syntax);
  EXPECT_EQ(code_of("a: 1\n---\nb: 2\n"), Code::config_syntax);
  EXPECT_EQ(code_of("a: [1, 2\n"), Code::config_syntax);
  EXPECT_EQ(code_of("a: \xff\n"), Code::config_not_utf8);
  EXPECT_EQ(code_of("a: \xc0\xaf\n"), Code::config_not_utf8) << "overlong form";
  EXPECT_EQ(code_of("a: \xed\xa0\x80\n"), Code::config_not_utf8) << "surrogate";
  EXPECT_EQ(code_of(std::string("a: \0b\n", 6)), Code::config_syntax);
  EXPECT_EQ(code_of("a: \xc3\xbc\n"), Code{});
}

TEST(YamlReader, AnAsteriskInTextIsNoAlias) {
  EXPECT_EQ(parse_yaml("a: \"x: *y\"\n", "t").root.find("a")->text, "x: *y");
}

TEST(YamlReader, AMissingFileIsSaidSo) {
  try {
    (void)read_yaml("/nowhere/x.yaml");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::config_unreadable);
    EXPECT_EQ(error.problems()[0].where, "/nowhere/x.yaml");
  }
}

TEST(YamlReader, AFolderIsNoFile) { EXPECT_THROW((void)read_yaml("/tmp"), Error); }

TEST(Yaml, TextThatCanBeginNothingIsNoEndlessRowOfDocuments) {
  for (const char* text : {",share: 1\n", "a: 1\n--- \n,", "]"}) {
    try {
      (void)parse_yaml(text, "t.yaml");
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::config_syntax) << text;
    }
  }
}

}  // namespace
}  // namespace scar
