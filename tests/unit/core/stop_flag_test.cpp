#include "scar/core/stop_flag.h"

#include <gtest/gtest.h>

#include <csignal>

namespace scar {
namespace {

TEST(StopFlag, ARealSignalOnlySetsIt) {
  install_stop_handlers();
  clear_stop();
  EXPECT_EQ(stop_signal(), 0);
  raise(SIGTERM);
  EXPECT_EQ(stop_signal(), SIGTERM);
  raise(SIGINT);  // within a second: the same wish, delivered twice
  EXPECT_NE(stop_signal(), 0);
  clear_stop();
}

TEST(StopFlag, Usr1AsksForOneCheckpoint) {
  install_stop_handlers();
  raise(SIGUSR1);
  EXPECT_TRUE(take_checkpoint_request());
  EXPECT_FALSE(take_checkpoint_request());
  EXPECT_EQ(stop_signal(), 0);
}

}  // namespace
}  // namespace scar
