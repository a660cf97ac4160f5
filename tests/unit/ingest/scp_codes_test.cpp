#include "scar/ingest/recipes/scp_codes.h"

#include "test_files.h"

namespace scar::ingest {
namespace {

TEST(ScpCodes, ReadsCodesInOrderAndKeepsLikelihoodZero) {
  const auto codes = parse_scp_codes("{'NORM': 100.0, 'LVOLT': 0.0, \"LAO/LAE\": 35, 'PRC(S)': 15.5}", "t:1");
  ASSERT_EQ(codes.size(), 4U);
  EXPECT_EQ(codes[0].code, "NORM");
  EXPECT_EQ(codes[1].likelihood, 0);
  EXPECT_EQ(codes[2].code, "LAO/LAE");
  EXPECT_EQ(codes[3].code, "PRC(S)");
  EXPECT_EQ(codes[3].likelihood, 15.5);
}

TEST(ScpCodes, AcceptsBlanksATrailingCommaAndNoCodes) {
  EXPECT_EQ(parse_scp_codes(" { 'SR' : 0.0 , } ", "t:1").size(), 1U);
  EXPECT_TRUE(parse_scp_codes("{}", "t:1").empty());
}

class ScpCodesErrors : public ::testing::TestWithParam<const char*> {};

// T07: a strict parser, never an evaluation.
TEST_P(ScpCodesErrors, HostileTextIsRefusedWithItsRow) {
  EXPECT_PROBLEM(parse_scp_codes(GetParam(), "ptbxl_database.csv:7"), Code::scp_codes_invalid, "ptbxl_database.csv:7");
}

INSTANTIATE_TEST_SUITE_P(Cases, ScpCodesErrors,
                         ::testing::Values("", "{", "}", "{'NORM': 100.0", "{'NORM'}", "{'NORM': }",
                                           "{'NORM': 100.0} ; x", "['NORM']", "{'NORM': 100.0, 'NORM': 0.0}",
                                           "{NORM: 100.0}", "{'NORM\": 1.0}", "{'NO\\x52M': 1.0}", "{'norm': 1.0}",
                                           "{'': 1.0}", "{'NORM': -1.0}", "{'NORM': nan}", "{'NORM': inf}",
                                           "{'NORM': 1e9}", "{'NORM': 101}", "{'NORM': '100'}", "{'NORM': 1.2.3}",
                                           "{'NORM': .5}", "{'NORM': __import__('os').system('true')}", "dict(NORM=1)",
                                           "{'NORM': {'SR': 1}}", "{,}", "{'SR': 0.0,, 'NORM': 1}", "{'N M': 1}",
                                           "{'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA': 1}", "{'NORM': 1}\n",
                                           "{'NORM': 0x10}"));

TEST(ScpCodesLimits, LengthAndNumberAreBounded) {
  EXPECT_PROBLEM(parse_scp_codes(std::string(1 << 20, ' '), "t:1"), Code::scp_codes_invalid, "t:1");
  std::string many = "{";
  for (int i = 0; i < 200; ++i) many += "'C" + std::to_string(i) + "': 0, ";
  EXPECT_PROBLEM(parse_scp_codes(many + "}", "t:1"), Code::scp_codes_invalid, "t:1");
  const std::string nul("{'A\0': 1}", 9);
  EXPECT_PROBLEM(parse_scp_codes(nul, "t:1"), Code::scp_codes_invalid, "t:1");
}

}  // namespace
}  // namespace scar::ingest
