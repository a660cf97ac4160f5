#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <sstream>

#include "support/program.h"

namespace scar {
namespace {

namespace fs = std::filesystem;

std::multiset<std::string> printed(const std::vector<std::string>& configs) {
  std::vector<std::string> words = {"--print-config"};
  for (const auto& config : configs) words.insert(words.end(), {"--config", config});
  const auto outcome = test::run_program("scar-train", words);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  std::multiset<std::string> lines;
  std::istringstream text(outcome.out);
  for (std::string line; std::getline(text, line);) {
    if (!line.empty() && line.front() != '#') lines.insert(line);
  }
  return lines;
}

TEST(Ablations, DifferFromTheirBaseInTheirSwitchAlone) {
  const fs::path configs = fs::path(SCAR_SOURCE) / "configs";
  int files = 0;
  for (const auto* base : {"synth-ablate.yaml", "ptbxl100-ablate.yaml"}) {
    const auto whole = printed({(configs / base).string()});
    ASSERT_GT(whole.size(), 60u);
    for (const auto& entry : fs::directory_iterator(configs / "ablations")) {
      const auto changed = printed({(configs / base).string(), entry.path().string()});
      ASSERT_EQ(changed.size(), whole.size()) << entry.path();
      std::size_t different = 0;
      for (const auto& line : changed) different += whole.count(line) < changed.count(line) ? 1 : 0;
      EXPECT_GE(different, 1u) << entry.path() << " changes nothing";
      EXPECT_LE(different, 2u) << entry.path() << " changes more than its switch and what goes with it";
      ++files;
    }
  }
  EXPECT_EQ(files, 22);
}

}  // namespace
}  // namespace scar
