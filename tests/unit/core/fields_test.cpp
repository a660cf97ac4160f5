#include "scar/core/fields.h"

#include <gtest/gtest.h>

namespace scar {
namespace {

struct Inner {
  std::int64_t width = 64;
  double share = 0.5;
};
template <class Visitor>
void visit_fields(Inner& o, Visitor&& visit) {
  visit("width", o.width, Range{1, 100}, "channels");
  visit("share", o.share, Range{0, 1}, "share");
}

struct Outer {
  std::uint64_t seed = 1;
  std::string kind = "mean";
  std::string path;
  bool quick = false;
  std::vector<double> parts{0.25, 0.75};
  std::vector<std::string> names;
  Inner inner;
};
template <class Visitor>
void visit_fields(Outer& o, Visitor&& visit) {
  visit("seed", o.seed, Any{}, "seed");
  visit("kind", o.kind, OneOf{{"mean", "selector"}}, "pooling");
  visit("path", o.path, Required{}, "where");
  visit("quick", o.quick, Any{}, "quick");
  visit("parts", o.parts, Range{0, 1}, "parts");
  visit("names", o.names, Any{}, "names");
  visit.group("inner", o.inner);
}

std::vector<Problem> read(Outer& options, const std::string& yaml) {
  Problems problems;
  FieldTable table(options);
  table.read(parse_yaml(yaml, "t.yaml"), problems);
  return problems.list();
}

TEST(Fields, YamlSetsEveryType) {
  Outer o;
  EXPECT_TRUE(read(o,
                   "seed: 18446744073709551615\nkind: selector\npath: \"a b\"\nquick: true\nparts: [0, 1e-3]\nnames: "
                   "[x, y]\ninner:\n  width: 7\n")
                  .empty());
  EXPECT_EQ(o.seed, 18446744073709551615u);
  EXPECT_EQ(o.kind, "selector");
  EXPECT_EQ(o.path, "a b");
  EXPECT_TRUE(o.quick);
  EXPECT_EQ(o.parts, (std::vector<double>{0, 1e-3}));
  EXPECT_EQ(o.names, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(o.inner.width, 7);
  EXPECT_EQ(o.inner.share, 0.5);
}

TEST(Fields, AnUnknownKeyNamesItsLineAndTheNearestKey) {
  Outer o;
  const auto problems = read(o, "seed: 1\ninner:\n  widht: 3\n");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].code, Code::unknown_key);
  EXPECT_EQ(problems[0].where, "t.yaml:3:3");
  EXPECT_NE(problems[0].hint.find("inner.width"), std::string::npos);
}

TEST(Fields, AKeyInTheWrongSectionIsShownItsRightOne) {
  Outer o;
  const auto problems = read(o, "width: 3\n");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_NE(problems[0].hint.find("inner.width"), std::string::npos);
}

TEST(Fields, AllProblemsComeAtOnce) {
  Outer o;
  const auto problems =
      read(o, "seed: -1\nkind: maen\nquick: yes\nparts: [2]\ninner:\n  width: 7.5\n  share: 1.5\nother: 1\n");
  EXPECT_EQ(problems.size(), 7u);
}

TEST(Fields, YamlSurprisesAreNotNumbersOrBooleans) {
  for (const char* text :
       {"inner:\n  width: 0x10\n", "inner:\n  width: \"7\"\n", "inner:\n  share: .inf\n", "inner:\n  share: 1e400\n",
        "quick: on\n", "inner:\n  width: [7]\n", "inner: 3\n", "inner:\n  width:\n"}) {
    Outer o;
    EXPECT_EQ(read(o, text).size(), 1u) << text;
    EXPECT_EQ(o.inner.width, 64) << text;
  }
}

TEST(Fields, WhatIsPrintedReadsBackTheSame) {
  Outer o;
  o.path = "a \"quoted\" \\ path";
  o.inner.share = 0.1 + 0.2;
  o.names = {"x,y", "z"};
  FieldTable table(o);
  Outer again;
  EXPECT_TRUE(read(again, table.to_yaml()).empty());
  EXPECT_EQ(FieldTable(again).to_yaml(), table.to_yaml());
  EXPECT_EQ(again.inner.share, o.inner.share);
}

TEST(Fields, AFlagIsCheckedLikeTheFile) {
  Outer o;
  FieldTable table(o);
  Problems problems;
  table.set_flag("inner.width", "12", problems);
  table.set_flag("parts", "0.5,0.5", problems);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(o.inner.width, 12);
  EXPECT_EQ(o.parts, (std::vector<double>{0.5, 0.5}));
  table.set_flag("parts", "[0.1, 0.2,0.7]", problems);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(o.parts, (std::vector<double>{0.1, 0.2, 0.7})) << "as a file writes it";
  table.set_flag("inner.width", "101", problems);
  table.set_flag("inner.wdth", "1", problems);
  ASSERT_EQ(problems.list().size(), 2u);
  EXPECT_EQ(problems.list()[0].code, Code::out_of_range);
  EXPECT_EQ(problems.list()[0].where, "command line: --inner.width=101");
  EXPECT_EQ(o.inner.width, 12) << "a refused value changes nothing";
}

TEST(Fields, ARequiredFieldMustBeSet) {
  Outer o;
  FieldTable table(o);
  Problems problems;
  table.check_required(problems);
  ASSERT_EQ(problems.list().size(), 1u);
  EXPECT_EQ(problems.list()[0].code, Code::missing_key);
  Problems none;
  table.set_flag("path", "x", none);
  table.check_required(none);
  EXPECT_TRUE(none.empty());
}

TEST(Fields, NearestNameOfAnEndlessWordIsNone) { EXPECT_EQ(nearest_name(std::string(1'000'000, 'a'), {"abc"}), ""); }

TEST(Fields, ControlCharactersOfATextSurvivePrinting) {
  for (const char c : {'\r', '\t', '\n', '\x1B', '\x7F', '"', '\\'}) {
    const auto written = std::string("a") + c + "b";
    const auto read = parse_yaml("x: " + detail::yaml_value(written) + "\n", "t");
    EXPECT_EQ(read.root.find("x")->text, written) << static_cast<int>(c);
  }
}

}  // namespace
}  // namespace scar
