// SPDX-License-Identifier: MIT
// What a training program trains, as its loop sees it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/data/batch_stream.h"
#include "engine/data/mnist.h"
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

class Trainee {
 public:
  Trainee() = default;
  Trainee(const Trainee&) = delete;
  Trainee& operator=(const Trainee&) = delete;
  virtual ~Trainee() = default;

  // The data set as this model takes it, bytes (n, row_size): a row is an image's pixels and, for
  // some models, its label.
  virtual Tensor rows(const MnistData& data, Device device) {
    const auto count = static_cast<std::int64_t>(data.images.count);
    const auto size = static_cast<std::int64_t>(data.images.height * data.images.width);
    return Tensor::from_host(data.images.pixels, {count, size}, device);
  }
  virtual std::string description() const = 0;  // "a GAN (recipe stable)"
  virtual void train_step(const BatchStream& batches) = 0;
  virtual std::int64_t steps_done() const = 0;
  // Means since this was last called.
  virtual TraineeMetrics read_metrics() = 0;
  // What is measured at the end of an epoch, on images that are not trained on; nothing by default.
  virtual TraineeMetrics validate() { return {}; }
  // What is measured once, when the training is over; nothing by default.
  virtual TraineeMetrics conclude() { return {}; }
  // `count` images in [0, 1] for a picture: the same latent vectors each time.
  virtual std::vector<float> draw(std::int64_t count) = 0;
  // The first one is what generate draws from.
  virtual std::vector<TrainedNetwork> networks() = 0;
};

}  // namespace kiln::apps
