#include "scar/text/tokenizer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "fixtures.h"
#include "scar/core/json.h"
#include "scar/core/random.h"

namespace scar::text {
namespace {

using fixtures::error_of;

const char* const kModel = "tests/data/text/reports.model";

const Json& reference() {
  static const Json json = read_json("tests/reference/sentencepiece.json", static_cast<int>(Code::data_unreadable));
  return json;
}

void expect_equal_to_python(const std::string& path, const Json& wanted) {
  const auto tokenizer = Tokenizer::load(path);
  EXPECT_EQ(tokenizer.sha256(), wanted["sha256"].get<std::string>());
  EXPECT_EQ(tokenizer.vocabulary_size(), wanted["size"].get<int>());
  EXPECT_EQ(tokenizer.pad_id(), wanted["pad_id"].get<int>());
  EXPECT_EQ(tokenizer.unk_id(), wanted["unk_id"].get<int>());
  EXPECT_EQ(tokenizer.bos_id(), wanted["bos_id"].get<int>());
  EXPECT_EQ(tokenizer.eos_id(), wanted["eos_id"].get<int>());
  const auto& sentences = reference()["sentences"];
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    const auto ids = tokenizer.encode(sentences[i].get<std::string>());
    EXPECT_EQ(ids, wanted["ids"][i].get<std::vector<std::int32_t>>()) << path << ": " << sentences[i];
    EXPECT_EQ(tokenizer.decode(ids), wanted["decoded"][i].get<std::string>());
  }
  EXPECT_EQ(tokenizer.pieces(sentences[0].get<std::string>()),
            wanted["pieces_of_first"].get<std::vector<std::string>>());
}

TEST(Tokenizer, EncodesAsThePythonPackageDoes) { expect_equal_to_python(kModel, reference()["models"][kModel]); }

TEST(Tokenizer, EncodesWithOtherModelsAsThePythonPackageDoes) {
  // Unigram, BPE, byte fallback and a model with a character table; four foreign files.
  const auto folder = fixtures::data_folder();
  if (folder.empty() || !std::filesystem::exists(folder + "/tokenizers/spiece.model")) {
    GTEST_SKIP() << "SCAR_DATA_DIR names no folder with tokenizers/";
  }
  int models = 0;
  for (const auto& [name, wanted] : reference()["models"].items()) {
    if (name == kModel) continue;
    expect_equal_to_python(folder + "/" + name, wanted);
    ++models;
  }
  EXPECT_EQ(models, 4);
}

TEST(Tokenizer, CopiesShareTheModelAndThreadsMayEncode) {
  const auto tokenizer = Tokenizer::load(kModel);
  const auto wanted = tokenizer.encode("sinusrhythmus linkstyp");
  std::vector<std::thread> threads;
  std::vector<int> differ(4, 0);
  for (std::size_t t = 0; t < differ.size(); ++t) {
    threads.emplace_back([copy = tokenizer, &wanted, &count = differ[t]] {
      for (int k = 0; k < 200; ++k) count += copy.encode("sinusrhythmus linkstyp") != wanted;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(differ, std::vector<int>(4, 0));
}

TEST(Tokenizer, TextThatIsNotUtf8IsRefused) {
  const auto tokenizer = Tokenizer::load(kModel);
  EXPECT_EQ(error_of([&] { (void)tokenizer.encode("m\xE4ssig"); }).code(), Code::text_not_utf8);
  EXPECT_EQ(error_of([&] { (void)tokenizer.pieces(std::string("a\0b", 3)); }).code(), Code::text_not_utf8);
}

TEST(Tokenizer, IdsOutsideTheVocabularyAreRefused) {
  const auto tokenizer = Tokenizer::load(kModel);
  EXPECT_EQ(error_of([&] { (void)tokenizer.decode({-1}); }).code(), Code::internal);
  EXPECT_EQ(error_of([&] { (void)tokenizer.decode({tokenizer.vocabulary_size()}); }).code(), Code::internal);
}

TEST(PadBatch, RowsAreMarkedAndPaddedToTheLongest) {
  const auto tokenizer = Tokenizer::load(kModel);
  const auto batch = pad_batch(tokenizer, {"sinusrhythmus linkstyp sonst normales ekg", "linkstyp"}, 64);
  ASSERT_EQ(batch.lengths.size(), 2u);
  EXPECT_EQ(batch.length, batch.lengths[0]);
  EXPECT_EQ(batch.ids.size(), static_cast<std::size_t>(2 * batch.length));
  for (std::int64_t row = 0; row < 2; ++row) {
    const auto* ids = batch.ids.data() + row * batch.length;
    const auto length = batch.lengths[static_cast<std::size_t>(row)];
    EXPECT_EQ(ids[0], tokenizer.bos_id());
    EXPECT_EQ(ids[length - 1], tokenizer.eos_id());
    for (std::int64_t k = length; k < batch.length; ++k) EXPECT_EQ(ids[k], tokenizer.pad_id());
  }
  const auto alone = tokenizer.encode("linkstyp");
  EXPECT_EQ(batch.lengths[1], static_cast<std::int64_t>(alone.size()) + 2);
  EXPECT_EQ(batch.ids[static_cast<std::size_t>(batch.length) + 1], alone[0]);
}

TEST(PadBatch, LongTextsLoseTheirEndAndKeepTheEndMark) {
  const auto tokenizer = Tokenizer::load(kModel);
  const std::string text = "sinusrhythmus lagetyp normal unvollständiger rechtsschenkelblock";
  const auto whole = tokenizer.encode(text);
  ASSERT_GT(whole.size(), 4u);
  const auto batch = pad_batch(tokenizer, {text}, 6);
  ASSERT_EQ(batch.length, 6);
  EXPECT_EQ(batch.ids.front(), tokenizer.bos_id());
  EXPECT_EQ(batch.ids.back(), tokenizer.eos_id());
  for (std::size_t k = 0; k < 4; ++k) EXPECT_EQ(batch.ids[k + 1], whole[k]);
}

TEST(PadBatch, ATextWithoutIdsIsOneUnknown) {
  const auto tokenizer = Tokenizer::load(kModel);
  const auto batch = pad_batch(tokenizer, {"", "  "}, 8);
  EXPECT_EQ(batch.ids, (std::vector<std::int64_t>{2, 1, 3, 2, 1, 3}));
  EXPECT_EQ(pad_batch(tokenizer, {}, 8).length, 0);
}

TEST(PadBatch, RoomForLessThanAWordIsRefused) {
  const auto tokenizer = Tokenizer::load(kModel);
  const auto error = error_of([&] { (void)pad_batch(tokenizer, {"a"}, 2); });
  EXPECT_EQ(error.code(), Code::out_of_range);
}

TEST(VocabularyFile, MissingEmptyFolderAndTooLargeAreRefused) {
  fixtures::Folder folder;
  const auto refused = [](const std::filesystem::path& path) {
    const auto error = error_of([&] { (void)Tokenizer::load(path); });
    EXPECT_EQ(error.code(), Code::vocabulary_invalid);
    EXPECT_EQ(error.status(), 4);
    EXPECT_EQ(error.problems().front().where, path.string());
  };
  refused(folder / "missing.model");
  refused(std::filesystem::temp_directory_path());
  fixtures::write(folder / "empty.model", "");
  refused(folder / "empty.model");
  fixtures::write(folder / "large.model", "");
  std::filesystem::resize_file(folder / "large.model", Tokenizer::kMaxModelBytes + 1);  // sparse
  refused(folder / "large.model");
}

TEST(VocabularyFile, EveryCutIsRefusedOrStillAModel) {
  // A protobuf that ends between two fields is a shorter message; without its settings or pieces it must not pass for
  // the whole: either the error, or a model that encodes.
  const auto bytes = fixtures::read(kModel);
  ASSERT_GT(bytes.size(), 1000u);
  int refused = 0, cuts = 0;
  for (std::size_t size = 0; size < bytes.size(); size += 1 + size / 50, ++cuts) {
    try {
      const auto tokenizer = Tokenizer::from_bytes(bytes.substr(0, size), "cut");
      for (const auto id : tokenizer.encode("sinus rhythm")) EXPECT_LT(id, tokenizer.vocabulary_size());
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::vocabulary_invalid);
      ++refused;
    }
  }
  EXPECT_GT(refused, cuts * 8 / 10);
}

TEST(VocabularyFile, RandomAndFlippedBytesNeverEndTheProcess) {
  CounterRandom random(1, "test");
  for (int round = 0; round < 300; ++round) {
    std::string bytes(1 + random.below(400), '\0');
    for (auto& c : bytes) c = static_cast<char>(random.below(256));
    EXPECT_EQ(error_of([&] { (void)Tokenizer::from_bytes(bytes, "random"); }).code(), Code::vocabulary_invalid);
  }
  const auto model = fixtures::read(kModel);
  int refused = 0;
  for (int round = 0; round < 400; ++round) {
    auto bytes = model;
    const auto flips = 1 + random.below(4);
    for (std::uint64_t k = 0; k < flips; ++k)
      bytes[random.below(bytes.size())] ^= static_cast<char>(1 << random.below(8));
    try {
      const auto tokenizer = Tokenizer::from_bytes(bytes, "flipped");
      for (const auto id : tokenizer.encode("sinusrhythmus linkstyp, überdreht"))
        ASSERT_LT(id, tokenizer.vocabulary_size());
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::vocabulary_invalid);
      ++refused;
    }
  }
  EXPECT_GT(refused, 20);
}

}  // namespace
}  // namespace scar::text
