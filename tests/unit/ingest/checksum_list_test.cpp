#include "checksum_list.h"

#include <gtest/gtest.h>

#include "test_files.h"

namespace scar::ingest {
namespace {

const std::string kA(64, 'a'), kB(64, 'b');

TEST(ChecksumList, ReadsThePublishersFormAndThatOfSha256sum) {
  const auto list = ChecksumList::parse(kB + " records100/1.dat\n" + kA + "  LICENSE.txt\n" + kA + " *./x y\n", "L");
  ASSERT_EQ(list.entries().size(), 3U);
  EXPECT_EQ(list.entries()[0].path, "LICENSE.txt");
  EXPECT_EQ(list.entries()[0].sha256, kA);
  EXPECT_EQ(list.entries()[0].line, 2);
  EXPECT_EQ(list.entries()[1].path, "records100/1.dat");
  EXPECT_EQ(list.entries()[2].path, "x y");
  EXPECT_EQ(list.find("records100/1.dat"), 1U);
  EXPECT_FALSE(list.find("records100"));
}

TEST(ChecksumList, RefusesWhatItDoesNotUnderstandWithFileAndLine) {
  const std::string good = kB + " good\n";
  const std::pair<std::string, const char*> cases[] = {
      {good + kA + " ../x\n", "L:2"},
      {good + kA + " a/../../x\n", "L:2"},
      {good + kA + " /etc/passwd\n", "L:2"},
      {good + kA + "  /etc/passwd\n", "L:2"},
      {good + kA + " a//b\n", "L:2"},
      {good + kA + " a/./b\n", "L:2"},
      {good + kA + " a/\n", "L:2"},
      {good + kA + " \n", "L:2"},
      {good + kA + "\n", "L:2"},
      {good + kA + " a\\b\n", "L:2"},
      {good + kA + " a\x01\n", "L:2"},
      {good + kA + std::string(" a\0b\n", 5), "L:2"},
      {good + kA + " crlf\r\n", "L:2"},
      {good + kA + " \xff\n", "L:2"},
      {good + kA + " " + std::string(2000, 'x') + "\n", "L:2"},
      {good + kA + " " + std::string(250, 'x') + "\n", "L:2"},
      {good + kA.substr(1) + "  short\n", "L:2"},
      {good + "A" + kA.substr(1) + " upper\n", "L:2"},
      {good + "g" + kA.substr(1) + " no hex\n", "L:2"},
      {good + kA + "x tail\n", "L:2"},
      {good + "\n" + good, "L:2"},
      {good + "<html>an error page</html>\n", "L:2"},
      {good + kA + " good\n", "L:2"},
      {good + kA + " ./good\n", "L:2"},
      {good + kA + " cut", "L:2"},
  };
  for (const auto& [text, where] : cases) {
    SCOPED_TRACE(text.substr(0, 200));
    EXPECT_PROBLEM(ChecksumList::parse(text, "L"), Code::checksum_list_invalid, where);
  }
  EXPECT_TRUE(ChecksumList::parse("", "L").entries().empty());
}

}  // namespace
}  // namespace scar::ingest
