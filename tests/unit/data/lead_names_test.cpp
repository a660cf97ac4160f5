#include "scar/data/lead_names.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>

namespace scar::data {

TEST(LeadNames, EveryLeadIsFoundInAnyCase) {
  for (int i = 0; i < kLeads; ++i) {
    std::string upper = kLeadNames[static_cast<std::size_t>(i)], lower = upper;
    for (auto& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    for (auto& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    EXPECT_EQ(lead_index(kLeadNames[static_cast<std::size_t>(i)]), i);
    EXPECT_EQ(lead_index(upper), i);
    EXPECT_EQ(lead_index(lower), i);
  }
}

TEST(LeadNames, TheOrderIsLimbAugmentedPrecordial) {
  EXPECT_EQ(lead_index("I"), 0);
  EXPECT_EQ(lead_index("AVR"), 3);
  EXPECT_EQ(lead_index("aVF"), 5);
  EXPECT_EQ(lead_index("V1"), 6);
  EXPECT_EQ(lead_index("v6"), 11);
}

TEST(LeadNames, OtherNamesAreNoLeads) {
  for (const auto* name : {"", "V7", "V", "IIII", " I", "I ", "aV", "MLII", "V10", "1"}) {
    EXPECT_FALSE(lead_index(name).has_value()) << name;
  }
}

}  // namespace scar::data
