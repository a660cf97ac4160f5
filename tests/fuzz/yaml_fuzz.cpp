// parse_yaml and FieldTable: a config that is accepted gives the same values, and the same text, when it is printed and
// read again; a document that is no config still is a sound tree.
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/fuzz_support.h"
#include "scar/core/fields.h"
#include "scar/core/yaml_reader.h"

namespace {

/// A field of each type, with and without bounds, in two levels of sections.
struct Inner {
  std::string word = "free";
  std::vector<double> numbers = {1, 2.5};
};
struct Outer {
  bool flag = false;
  int count = 3;
  std::int64_t large = 0;
  std::uint64_t seed = 1;
  double share = 0.5, any = 0;
  std::string text = "a b";
  std::vector<std::string> names;
  Inner inner;
};

template <class Visitor>
void visit_fields(Inner& o, Visitor&& visit) {
  visit("word", o.word, scar::OneOf{{"free", "lead", "segment"}}, "help");
  visit("numbers", o.numbers, scar::Range{-10, 10}, "help");
}
template <class Visitor>
void visit_fields(Outer& o, Visitor&& visit) {
  visit("flag", o.flag, scar::Any{}, "help");
  visit("count", o.count, scar::Range{0, 100}, "help");
  visit("large", o.large, scar::Any{}, "help");
  visit("seed", o.seed, scar::Any{}, "help");
  visit("share", o.share, scar::Range{0, 1}, "help");
  visit("any", o.any, scar::Any{}, "help");
  visit("text", o.text, scar::Any{}, "help");
  visit("names", o.names, scar::Any{}, "help");
  visit.group("inner", o.inner);
}

void check_tree(const scar::YamlNode& node, std::size_t lines) {
  using Kind = scar::YamlNode::Kind;
  FUZZ_CHECK(node.items.empty() || node.kind == Kind::sequence);
  FUZZ_CHECK(node.members.empty() || node.kind == Kind::map);
  for (const auto& item : node.items) check_tree(item, lines);
  for (const auto& member : node.members) {
    FUZZ_CHECK(node.find(member.key) == &member.node);  // no key twice
    FUZZ_CHECK(member.line >= 1 && static_cast<std::size_t>(member.line) <= lines);
    check_tree(member.node, lines);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  scar::fuzz::accepts([&] {
    const auto document = scar::parse_yaml(std::string(scar::fuzz::as_text(data, size)), "fuzz.yaml");
    check_tree(document.root, document.lines.size());
    Outer options;
    scar::FieldTable table(options);
    scar::Problems problems;
    table.read(document, problems);
    problems.throw_if_any();
    const auto printed = table.to_yaml();
    Outer again;
    scar::FieldTable other(again);
    other.read(scar::parse_yaml(printed, "printed.yaml"), problems);
    FUZZ_CHECK(problems.empty());
    FUZZ_CHECK(other.to_yaml() == printed);
    FUZZ_CHECK(again.text == options.text && again.names == options.names && again.large == options.large &&
               again.seed == options.seed && again.share == options.share && again.any == options.any &&
               again.inner.numbers == options.inner.numbers);
  });
  return 0;
}
