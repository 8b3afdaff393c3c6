// SPDX-License-Identifier: MIT
#include "engine/train/early_stopping.h"

#include <cmath>

#include "tests/support/devices.h"

namespace kiln::test {
namespace {

class EarlyStoppingTest : public PlaceTest {
 protected:
  Tensor weights() const { return make_tensor({0, 0}, {2}, device(), dtype()); }
};

TEST_P(EarlyStoppingTest, StopsAfterItsPatienceAndRestoresTheBest) {
  const Tensor w = weights();
  EarlyStopping stopping(w, 2);
  const std::vector<double> losses = {3, 1, 2, 0.5, 0.5, NAN};  // the same loss is no better one
  for (std::size_t i = 0; i < losses.size(); ++i) {
    w.fill(static_cast<double>(i + 1));
    EXPECT_EQ(stopping.after_epoch(losses[i]), i == 5) << i;
  }
  EXPECT_EQ(stopping.best_epoch(), 4);
  stopping.restore_best();
  EXPECT_EQ(values_of(w), (std::vector<double>{4, 4}));
}

TEST_P(EarlyStoppingTest, WithoutPatienceItNeverStops) {
  const Tensor w = weights();
  EarlyStopping stopping(w, 0);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(stopping.after_epoch(i));
  EXPECT_EQ(stopping.best_epoch(), 1);
}

TEST_P(EarlyStoppingTest, WhereNoEpochIsBetterTheFirstWeightsCount) {
  const Tensor w = weights();
  EarlyStopping stopping(w, 0);
  w.fill(7);
  stopping.after_epoch(NAN);
  stopping.restore_best();
  EXPECT_EQ(stopping.best_epoch(), 0);
  EXPECT_EQ(values_of(w), (std::vector<double>{0, 0}));
}

KILN_ON_EVERY_PLACE(EarlyStoppingTest);

}  // namespace
}  // namespace kiln::test
