// SPDX-License-Identifier: MIT
// The same seed, device and number of threads give the same files.
#include "tests/apps/app_test.h"
#include "tests/apps/metrics.h"

namespace kiln::test {
namespace {

class MnistGanRepeat : public AppTest {
 protected:
  void SetUp() override { make_data(); }

  void train(const std::string& out, const Arguments& more) {
    Arguments arguments = {"--epochs", "2", "--batch", "32", "--out", out};
    arguments.insert(arguments.end(), more.begin(), more.end());
    ASSERT_EQ(mnist_gan(arguments).exit_code, 0);
  }

  void expect_same(const std::string& a, const std::string& b) const {
    expect_same_run(folder_ / a, folder_ / b);
  }
};

TEST_F(MnistGanRepeat, OneSeedGivesTheSameFiles) {
  train("a", {"--seed", "7"});
  train("b", {"--seed", "7"});
  expect_same("a", "b");
}

TEST_F(MnistGanRepeat, TwoThreadsToo) {
  train("a", {"--threads", "2"});
  train("b", {"--threads", "2"});
  expect_same("a", "b");
}

TEST_F(MnistGanRepeat, TheDefaultSeedIsOne) {
  train("a", {});
  train("b", {"--seed", "1"});
  expect_same("a", "b");
}

TEST_F(MnistGanRepeat, AnotherSeedGivesOtherFiles) {
  train("a", {"--seed", "0"});
  train("b", {"--seed", "18446744073709551615"});
  const Snapshot first = snapshot(folder_ / "a"), second = snapshot(folder_ / "b");
  for (const auto& [name, content] : first) {
    if (content == "folder") continue;
    EXPECT_FALSE(second.at(name) == content) << name;
  }
  EXPECT_NE(read_untimed_metrics(folder_ / "a/metrics.jsonl"),
            read_untimed_metrics(folder_ / "b/metrics.jsonl"));
}

}  // namespace
}  // namespace kiln::test
