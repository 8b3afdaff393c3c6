// SPDX-License-Identifier: MIT
// Training of a classifier from the weights that it has: softmax cross-entropy, any optimizer, and
// the weights of the epoch with the lowest loss on rows that are held out.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/data/row_set.h"
#include "engine/optim/any_optimizer.h"
#include "engine/train/learning_rate_schedule.h"
#include "models/chain.h"

namespace kiln::models {

struct ClassifierScore {
  double loss = 0;      // mean cross-entropy, in nats
  double accuracy = 0;  // the share of rows whose most probable class is their label
};

// Errors: no rows, rows of another size, a label that the network has no output for.
ClassifierScore score(const Chain& network, const RowSet& rows, Device device);

struct FineTuning {
  std::int64_t epochs = 20;
  std::int64_t batch = 32;
  optim::OptimizerChoice optimizer = {};
  LearningRateSchedule schedule = {};  // of its learning rate
  std::int64_t patience = 0;  // epochs without a lower validation loss before it stops; 0: never
  std::uint64_t seed = 1;     // of the batches
  // After each epoch, with its number from 1 on, its mean loss and the score of the held-out rows.
  std::function<void(std::int64_t epoch, double loss, const ClassifierScore& validation)> on_epoch =
      {};
};

struct FineTuned {
  std::int64_t epochs = 0;      // trained
  std::int64_t best_epoch = 0;  // whose weights the network has
};

// Trains `parameters`, which are of the network or adapters in it; everything else keeps its bits.
// Equal seeds give equal weights. Errors: those of score(), fewer rows than a batch, a loss that is
// not finite (with its epoch).
FineTuned fine_tune(Chain& network, const std::vector<Tensor>& parameters, const RowSet& train,
                    const RowSet& validation, const FineTuning& tuning, Device device);

// `rows`, and behind them so many of `old` that these are that share of all: drawn without
// replacement, by the seed; all there are where they are too few. Errors: a share outside [0, 1),
// rows of another size.
RowSet with_replay(const RowSet& rows, const RowSet& old, double share, std::uint64_t seed);

}  // namespace kiln::models
