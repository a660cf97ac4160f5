#include "scar/core/error.h"

#include <gtest/gtest.h>

#include "scar/core/cat.h"

namespace scar {
namespace {

TEST(Error, TheThousandsOfTheCodeAreTheExitStatus) {
  EXPECT_EQ(exit_status(Code::unknown_key), 2);
  EXPECT_EQ(exit_status(Code::shard_cut_short), 3);
  EXPECT_EQ(exit_status(Code::vocabulary_changed), 4);
  EXPECT_EQ(exit_status(Code::loss_not_finite), 5);
  EXPECT_EQ(exit_status(Code::disk_full), 6);
  EXPECT_EQ(exit_status(Code::device_unknown), 7);
}

TEST(Error, SaysWhatWhereGotWantedAndNextStep) {
  const Error error = Error(Code::shard_cut_short, "shard is shorter than its header says")
                          .at("a.h5")
                          .got("1 byte")
                          .wanted("2 bytes")
                          .hint("copy it again");
  EXPECT_STREQ(error.what(),
               "error[E3104]: shard is shorter than its header says\n"
               "  --> a.h5\n"
               "  got 1 byte, expected 2 bytes\n"
               "  help: copy it again\n");
  EXPECT_EQ(error.status(), 3);
}

TEST(Error, ManyProblemsComeInOneThrow) {
  Problems problems;
  problems.throw_if_any();  // none: nothing happens
  problems.add({.code = Code::unknown_key, .what = "one"});
  problems.add({.code = Code::out_of_range, .what = "two"});
  try {
    problems.throw_if_any();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.problems().size(), 2u);
    EXPECT_NE(std::string(error.what()).find("E2112"), std::string::npos);
  }
}

TEST(NearestName, FindsSlipsOfTheHandAndNothingElse) {
  const std::vector<std::string> names{"train.warmup_steps", "train.batch", "seed"};
  EXPECT_EQ(nearest_name("train.warmpu_steps", names), "train.warmup_steps");
  EXPECT_EQ(nearest_name("train.bacth", names), "train.batch");
  EXPECT_EQ(nearest_name("completely_different_thing", names), "");
}

TEST(Cat, WritesNumbersShortestAndLocaleFree) {
  EXPECT_EQ(cat("a", 1, ' ', 0.1, " ", true, " ", -3.5e-9), "a1 0.1 true -3.5e-09");
}

TEST(Error, BytesOfAFileReachNoTerminalAsTheyAre) {
  const auto error = Error(Code::data_unreadable, "bad")
                         .at("a\xFF.hea")
                         .got(
                             "\x1B[2J\xC2\x9B"
                             "\xC3\xA4");
  EXPECT_EQ(error.problems()[0].where, "a\\xff.hea");
  EXPECT_EQ(error.problems()[0].got, "\\x1b[2J\\xc2\\x9b\xC3\xA4");
}

}  // namespace
}  // namespace scar
