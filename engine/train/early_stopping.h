// SPDX-License-Identifier: MIT
// When to stop training, by a loss on data that are not trained on, and the weights of the best
// epoch (Prechelt 1998, "Early stopping - but when?", UP with a patience).
#pragma once

#include <cstdint>
#include <limits>

#include "engine/tensor.h"

namespace kiln {

class EarlyStopping {
 public:
  // `weights`, as an arena has them, are what restore_best() writes. A patience of 0 never stops.
  EarlyStopping(Tensor weights, std::int64_t patience)
      : weights_(std::move(weights)), best_weights_(weights_.clone()), patience_(patience) {}

  // After every epoch. A loss that is NaN is no improvement. Returns whether to stop: `patience`
  // epochs have gone by without a lower loss.
  bool after_epoch(double loss) {
    ++epochs_;
    if (loss < best_loss_) {
      best_loss_ = loss;
      best_epoch_ = epochs_;
      best_weights_.copy_from(weights_);
    }
    return patience_ > 0 && epochs_ - best_epoch_ >= patience_;
  }

  // The weights of the best epoch; those of the beginning where there was none.
  void restore_best() const { weights_.copy_from(best_weights_); }

  std::int64_t best_epoch() const { return best_epoch_; }  // from 1 on; 0: none yet

 private:
  Tensor weights_;
  Tensor best_weights_;
  std::int64_t patience_;
  std::int64_t epochs_ = 0;
  std::int64_t best_epoch_ = 0;
  double best_loss_ = std::numeric_limits<double>::infinity();
};

}  // namespace kiln
