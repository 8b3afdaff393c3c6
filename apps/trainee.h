// SPDX-License-Identifier: MIT
// What a training program trains, as its loop sees it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/data/batch_stream.h"
#include "engine/data/mnist.h"
#include "engine/state.h"
#include "engine/train/step_logger.h"
#include "models/network_file.h"

namespace kiln::apps {

// Fields of a line of metrics.jsonl, and the same for the eye.
struct TraineeMetrics {
  std::vector<LogField> fields;
  std::string summary;
};

// A network of the model and what its file says of it.
struct TrainedNetwork {
  std::string file_name;
  const models::Chain* network;
  models::NetworkInfo info;
};

// The rows that a model with so many classes is trained on: pixels, and behind them the one-hot
// label.
std::vector<std::uint8_t> row_bytes(const MnistData& data, std::int64_t classes);

// Labels of `count` images of a picture, a row of ten a class; undefined where there are no
// classes.
Tensor picture_labels(std::int64_t count, std::int64_t classes, Device device);

class Trainee {
 public:
  Trainee() = default;
  Trainee(const Trainee&) = delete;
  Trainee& operator=(const Trainee&) = delete;
  virtual ~Trainee() = default;

  // Of a model that is trained with labels: how many there are.
  virtual std::int64_t classes() const { return 0; }
  virtual std::string description() const = 0;  // "a GAN (recipe stable)"
  virtual void train_step(const BatchStream& batches) = 0;
  virtual std::int64_t steps_done() const = 0;
  // All that the next steps depend on.
  virtual void visit_state(StateVisitor& visitor) = 0;
  // From the next step on learning rates are the recipe's times `factor`.
  virtual void set_learning_rate_factor(double factor) = 0;
  // Means since this was last called.
  virtual TraineeMetrics read_metrics() = 0;
  // What is measured at the end of epoch 1, 2, ..., on images that are not trained on; nothing by
  // default.
  virtual TraineeMetrics validate(std::int64_t /*epoch*/) { return {}; }
  // What is measured once, when the training is over; nothing by default.
  virtual TraineeMetrics conclude() { return {}; }
  // `count` images in [0, 1] for a picture: the same latent vectors each time.
  virtual std::vector<float> draw(std::int64_t count) = 0;
  // The first one is what generate draws from.
  virtual std::vector<TrainedNetwork> networks() = 0;
  // networks() have been given other weights, before the first step.
  virtual void networks_replaced() {}
};

}  // namespace kiln::apps
