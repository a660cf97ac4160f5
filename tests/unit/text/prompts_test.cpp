#include "scar/text/prompts.h"

#include <gtest/gtest.h>

#include "fixtures.h"

namespace scar::text {
namespace {

using fixtures::error_of;

const char* const kPack = R"(# comment
rhythm:
  AF: [atrial fibrillation, vorhofflimmern]
  SR:
    en: [sinus rhythm]
    de:
      - sinusrhythmus
      - "regelmässiger sinusrhythmus"
other:
  AF: [atrial flutter]
)";

TEST(Prompts, ReadsListsAndListsPerLanguage) {
  const auto pack = PromptPack::parse(kPack, "pack.yaml");
  EXPECT_EQ(pack.tasks(), (std::vector<std::string>{"rhythm", "other"}));
  EXPECT_EQ(pack.classes("rhythm"), (std::vector<std::string>{"AF", "SR"}));
  EXPECT_EQ(pack.texts("rhythm", "AF"), (std::vector<std::string>{"atrial fibrillation", "vorhofflimmern"}));
  ASSERT_EQ(pack.prompts("rhythm", "SR").size(), 3u);
  EXPECT_EQ(pack.prompts("rhythm", "SR")[0].language, "en");
  EXPECT_EQ(pack.prompts("rhythm", "SR")[2].language, "de");
  EXPECT_EQ(pack.prompts("rhythm", "AF")[0].language, "");
}

// T21: keyed by task and class.
TEST(Prompts, OneAcronymMeansDifferentThingsInDifferentTasks) {
  const auto pack = PromptPack::parse(kPack, "pack.yaml");
  EXPECT_EQ(pack.texts("rhythm", "AF").front(), "atrial fibrillation");
  EXPECT_EQ(pack.texts("other", "AF").front(), "atrial flutter");
}

// MERL's CKEPE file: a JSON object of class and text.
TEST(Prompts, AFileOfClassesAloneServesEveryTask) {
  const auto pack =
      PromptPack::parse(R"({"NORM": "Normal ECG, sinus rhythm", "LAFB/LPFB": "left fascicular block"})", "ckepe.json");
  EXPECT_EQ(pack.tasks(), std::vector<std::string>{"*"});
  EXPECT_EQ(pack.texts("ptbxl-super", "NORM"), std::vector<std::string>{"Normal ECG, sinus rhythm"})
      << "one text, commas and all";
  EXPECT_EQ(pack.texts("csn-published", "LAFB/LPFB").size(), 1u);
  pack.check_covers("ptbxl-sub", {"NORM"});
  EXPECT_EQ(error_of([&] { pack.check_covers("ptbxl-sub", {"NORM", "MI"}); }).code(), Code::prompts_invalid);
  EXPECT_EQ(error_of([] { (void)PromptPack::parse(R"({"NORM": "x", "MI": " "})", "ckepe.json"); }).code(),
            Code::prompts_invalid);
  EXPECT_EQ(error_of([] { (void)PromptPack::parse(R"({"NORM": "x", "task": {"MI": ["y"]}})", "mixed.json"); }).code(),
            Code::prompts_invalid)
      << "neither form";
}

TEST(Prompts, TheHashIsOfWordsNotOfLayout) {
  const auto hash = PromptPack::parse("t: {A: [x, y], B: [z]}", "a").hash();
  EXPECT_EQ(hash.size(), 64u);
  EXPECT_EQ(PromptPack::parse("# other layout\nt:\n  B: [z]\n  A:\n    - x\n    - y\n", "b").hash(), hash);
  EXPECT_NE(PromptPack::parse("t: {A: [y, x], B: [z]}", "a").hash(), hash);
  EXPECT_NE(PromptPack::parse("t: {A: [xy], B: [z]}", "a").hash(),
            PromptPack::parse("t: {A: [x, y], B: [z]}", "a").hash());
  EXPECT_NE(PromptPack::parse("t: {A: {en: [x, y]}, B: [z]}", "a").hash(), hash);
  EXPECT_NE(PromptPack::parse("u: {A: [x, y], B: [z]}", "a").hash(), hash);
}

TEST(Prompts, CoverageNamesEveryMissingClass) {
  const auto pack = PromptPack::parse(kPack, "pack.yaml");
  pack.check_covers("rhythm", {"SR", "AF"});
  pack.check_covers("rhythm", {"SR"});
  const auto error = error_of([&] { pack.check_covers("rhythm", {"SR", "PACE", "SVARR"}); });
  EXPECT_EQ(error.code(), Code::prompts_invalid);
  EXPECT_NE(error.problems().front().got.find("PACE, SVARR"), std::string::npos);
}

TEST(Prompts, UnknownNamesComeWithTheNearestOne) {
  const auto pack = PromptPack::parse(kPack, "pack.yaml");
  auto error = error_of([&] { (void)pack.texts("rythm", "AF"); });
  EXPECT_EQ(error.code(), Code::prompts_invalid);
  EXPECT_NE(error.problems().front().hint.find("'rhythm'"), std::string::npos);
  error = error_of([&] { (void)pack.texts("other", "BIGU"); });
  EXPECT_NE(error.problems().front().hint.find("the pack has: AF"), std::string::npos);
}

TEST(Prompts, WhatIsWrongIsSaidWithItsLine) {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"", "a prompt pack is a map of tasks"},
      {"- a\n- b\n", "a prompt pack is a map of tasks"},
      {"t: [a, b]\n", "task 't' is not a map of classes"},
      {"t: {}\n", "task 't' is not a map of classes"},
      {"t:\n  A: text\n", "the prompts of 'A' are not a list"},
      {"t:\n  A:\n", "the prompts of 'A' are not a list"},
      {"t:\n  A: []\n", "the list of 'A' is empty"},
      {"t:\n  A: [x, '']\n", "a prompt of 'A' is empty"},
      {"t:\n  A: [x, [y]]\n", "a prompt of 'A' is not a text"},
      {"t:\n  A: [x, x]\n", "'A' has the prompt 'x' twice"},
      {"t:\n  A: {en: [x], de: [x]}\n", "'A' has the prompt 'x' twice"},
      {"t:\n  A: {english: [x]}\n", "'english' is not a language code"},
      {"t:\n  A: {en: x}\n", "the prompts of 'A' in 'en' are not a list"},
      {"t:\n  A: {en: []}\n", "the list of 'A' is empty"},
  };
  for (const auto& [yaml, message] : bad) {
    const auto error = error_of([&yaml = yaml] { (void)PromptPack::parse(yaml, "pack.yaml"); });
    EXPECT_EQ(error.code(), Code::prompts_invalid) << yaml;
    EXPECT_EQ(error.status(), 2);
    EXPECT_EQ(error.problems().front().what, message);
    EXPECT_EQ(error.problems().front().where.rfind("pack.yaml:", 0), 0u) << error.problems().front().where;
  }
}

TEST(Prompts, AllProblemsComeAtOnce) {
  const auto error = error_of([] { (void)PromptPack::parse("t:\n  A: []\n  B: x\n  C: [y, y]\nu: 3\n", "pack.yaml"); });
  EXPECT_EQ(error.problems().size(), 4u);
  EXPECT_EQ(error.problems()[1].where.rfind("pack.yaml:3", 0), 0u);
}

TEST(Prompts, FilesThatAreNotPacksAreRefused) {
  fixtures::Folder folder;
  EXPECT_EQ(error_of([&] { (void)PromptPack::load(folder / "missing.yaml"); }).code(), Code::config_unreadable);
  fixtures::write(folder / "latin1.yaml", "t: {A: [m\xE4ssig]}");
  EXPECT_EQ(error_of([&] { (void)PromptPack::load(folder / "latin1.yaml"); }).code(), Code::config_not_utf8);
  fixtures::write(folder / "twice.yaml", "t:\n  A: [x]\n  A: [y]\n");
  EXPECT_EQ(error_of([&] { (void)PromptPack::load(folder / "twice.yaml"); }).code(), Code::duplicate_key);
  fixtures::write(folder / "broken.yaml", "t: [unclosed\n");
  EXPECT_EQ(error_of([&] { (void)PromptPack::load(folder / "broken.yaml"); }).code(), Code::config_syntax);
}

}  // namespace
}  // namespace scar::text
