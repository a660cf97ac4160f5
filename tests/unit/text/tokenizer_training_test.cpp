#include "scar/text/tokenizer_training.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "fixtures.h"
#include "scar/text/tokenizer.h"

namespace scar::text {
namespace {

using fixtures::error_of;

const char* const kModel = "tests/data/text/reports.model";

const std::vector<std::string>& corpus() {
  static const auto lines = fixtures::lines("tests/data/text/reports.txt");
  return lines;
}

TokenizerOptions small(const std::string& type = "unigram", std::int64_t size = 160, bool bytes = false) {
  TokenizerOptions options;
  options.type = type;
  options.vocabulary_size = size;
  options.byte_fallback = bytes;
  return options;
}

TEST(TokenizerTraining, SpecialPiecesHaveTheirFixedIds) {
  for (const std::string type : {"unigram", "bpe"}) {
    const auto trained = train_tokenizer(corpus(), small(type));
    const auto tokenizer = Tokenizer::from_bytes(trained.bytes, type);
    EXPECT_EQ(tokenizer.pad_id(), 0);
    EXPECT_EQ(tokenizer.unk_id(), 1);
    EXPECT_EQ(tokenizer.bos_id(), 2);
    EXPECT_EQ(tokenizer.eos_id(), 3);
    EXPECT_EQ(trained.vocabulary_size, tokenizer.vocabulary_size());
    EXPECT_LE(trained.vocabulary_size, 160);
    EXPECT_EQ(trained.texts, static_cast<std::int64_t>(corpus().size()));
  }
}

TEST(TokenizerTraining, EqualTextsInAnyOrderGiveEqualBytes) {
  auto reversed = corpus();
  std::reverse(reversed.begin(), reversed.end());
  for (const std::string type : {"unigram", "bpe"}) {
    const auto bytes = train_tokenizer(corpus(), small(type)).bytes;
    EXPECT_EQ(train_tokenizer(corpus(), small(type)).bytes, bytes) << type;
    EXPECT_EQ(train_tokenizer(reversed, small(type)).bytes, bytes) << type;
  }
}

TEST(TokenizerTraining, GivesTheCommittedModel) {
  // The pieces and their order; scores are floats that another C library may round otherwise.
  // SCAR_UPDATE_GOLDEN=1 writes the model anew; then run tests/reference/export_sentencepiece.py.
  const auto trained = train_tokenizer(corpus(), small());
  if (std::getenv("SCAR_UPDATE_GOLDEN") != nullptr) fixtures::write(kModel, trained.bytes);
  const auto wanted = Tokenizer::load(kModel);
  const auto tokenizer = Tokenizer::from_bytes(trained.bytes, "trained here");
  ASSERT_EQ(tokenizer.vocabulary_size(), wanted.vocabulary_size());
  for (const auto& text : corpus()) EXPECT_EQ(tokenizer.encode(text), wanted.encode(text)) << text;
}

TEST(TokenizerTraining, WhatWasSeenDecodesToItself) {
  for (const std::string type : {"unigram", "bpe"}) {
    const auto tokenizer = Tokenizer::from_bytes(train_tokenizer(corpus(), small(type)).bytes, type);
    for (const auto& text : corpus()) {
      const auto ids = tokenizer.encode(text);
      EXPECT_EQ(std::count(ids.begin(), ids.end(), tokenizer.unk_id()), 0) << text;
      EXPECT_EQ(tokenizer.decode(ids), text);
    }
  }
}

TEST(TokenizerTraining, NothingIsNormalisedInTheModel) {
  // Cleaning decides about case and composition; a second opinion in the model would hide what it did.
  const auto tokenizer = Tokenizer::from_bytes(train_tokenizer(corpus(), small()).bytes, "unigram");
  const auto ids = tokenizer.encode("SINUS");
  EXPECT_NE(std::count(ids.begin(), ids.end(), tokenizer.unk_id()), 0);
}

TEST(TokenizerTraining, ByteFallbackLeavesNothingUnknown) {
  const auto trained = train_tokenizer(corpus(), small("unigram", 420, true));
  const auto tokenizer = Tokenizer::from_bytes(trained.bytes, "bytes");
  const std::string unseen = "日本 \xF0\x9F\x98\x80 Ω";
  const auto ids = tokenizer.encode(unseen);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), tokenizer.unk_id()), 0);
  EXPECT_EQ(tokenizer.decode(ids), unseen);
  const auto without = Tokenizer::from_bytes(train_tokenizer(corpus(), small()).bytes, "none").encode(unseen);
  EXPECT_NE(std::count(without.begin(), without.end(), 1), 0);
}

TEST(TokenizerTraining, FewTextsGiveFewerPiecesAndSaySo) {
  const auto trained = train_tokenizer(corpus(), small("unigram", 30000));
  EXPECT_LT(trained.vocabulary_size, 1000);
  EXPECT_GT(trained.vocabulary_size, 50);
  const auto merged = train_tokenizer(corpus(), small("bpe", 30000));
  EXPECT_LT(merged.vocabulary_size, 2000);
}

TEST(TokenizerTraining, TheFileAppearsWholeAndLoads) {
  fixtures::Folder folder;
  const int size = train(corpus(), small(), folder / "v.model");
  EXPECT_EQ(Tokenizer::load(folder / "v.model").vocabulary_size(), size);
}

TEST(TokenizerTraining, TextsThatCannotBeTrainedOnAreRefused) {
  const auto code = [](const std::vector<std::string>& texts, const TokenizerOptions& options) {
    return error_of([&] { (void)train_tokenizer(texts, options); }).code();
  };
  EXPECT_EQ(code({}, small()), Code::vocabulary_invalid);
  EXPECT_EQ(code({"", "  "}, small()), Code::vocabulary_invalid);
  EXPECT_EQ(code({"fine", "m\xE4ssig"}, small()), Code::text_not_utf8);
  EXPECT_EQ(code({"a <s> b"}, small()), Code::vocabulary_invalid);
  EXPECT_EQ(code({"<unk>"}, small()), Code::vocabulary_invalid);
  EXPECT_EQ(code({"tab\tin text"}, small()), Code::vocabulary_invalid);
  EXPECT_EQ(code({std::string(kMaxTrainingTextBytes + 1, 'x')}, small()), Code::vocabulary_invalid);
  const auto error =
      error_of([] { (void)train_tokenizer(corpus(), small("unigram", 16)); });  // fewer than its characters
  EXPECT_EQ(error.code(), Code::vocabulary_invalid);
  EXPECT_NE(error.problems().front().hint.find("vocabulary_size"), std::string::npos);
}

TEST(TokenizerTraining, AFailedTrainingLeavesTheOldFile) {
  fixtures::Folder folder;
  fixtures::write(folder / "v.model", "old");
  (void)error_of([&] { train({}, small(), folder / "v.model"); });
  EXPECT_EQ(fixtures::read(folder / "v.model"), "old");
}

TEST(TokenizerTraining, TinyCorporaOfAnyShapeEndInAModelOrAnError) {
  // sentencepiece ends the process where an inner check fails; nothing that passes ours may get there.
  for (const std::string text :
       {"a", "aa", "aaaa aaaa", "abcdefgh abcdefgh", "a b", "é", "日本", ".", "4 4 4", "ab ab ab ab cd"}) {
    for (const std::string type : {"unigram", "bpe"}) {
      for (const std::int64_t size : {16, 17, 100}) {
        try {
          EXPECT_GE(train_tokenizer({text}, small(type, size)).vocabulary_size, 5) << text;
        } catch (const Error& error) {
          EXPECT_EQ(error.code(), Code::vocabulary_invalid);
        }
      }
    }
  }
}

TEST(TokenizerOptions, AreReadByTheirFieldList) {
  TokenizerOptions options;
  FieldTable table(options);
  Problems problems;
  table.set_flag("type", "bpe", problems);
  table.set_flag("vocabulary_size", "3000", problems);
  table.set_flag("byte_fallback", "true", problems);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(options.type, "bpe");
  EXPECT_EQ(options.vocabulary_size, 3000);
  EXPECT_TRUE(options.byte_fallback);
  table.set_flag("type", "wordpiece", problems);
  table.set_flag("vocabulary_size", "3", problems);
  EXPECT_EQ(problems.list().size(), 2u);
}

}  // namespace
}  // namespace scar::text
