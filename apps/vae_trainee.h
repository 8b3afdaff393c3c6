// SPDX-License-Identifier: MIT
// A VAE as the training loop sees it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/trainee.h"
#include "apps/training_run.h"
#include "models/vae/vae.h"

namespace kiln::apps {

// What is measured when the training is over, and after every so many epochs.
struct LogLikelihoodOptions {
  std::int64_t samples = 0;  // 0: not measured
  std::int64_t images = 10000;
  std::int64_t every = 0;  // 0: at the end alone
};

class VaeTrainee final : public Trainee {
 public:
  // `held_out`: what an epoch ends with is measured on these.
  VaeTrainee(const models::VaeRecipe& recipe, const TrainingOptions& options,
             const LogLikelihoodOptions& log_likelihood, const MnistData& held_out, Device device);

  std::int64_t classes() const override { return vae_.recipe().classes; }
  std::string description() const override;
  void train_step(const BatchStream& batches) override { vae_.train_step(batches); }
  std::int64_t steps_done() const override { return vae_.steps_done(); }
  void visit_state(StateVisitor& visitor) override { vae_.visit_state(visitor); }
  void set_learning_rate_factor(double factor) override { vae_.set_learning_rate_factor(factor); }
  TraineeMetrics read_metrics() override;
  TraineeMetrics validate(std::int64_t epoch) override;
  TraineeMetrics conclude() override;
  std::vector<float> draw(std::int64_t count) override;
  std::vector<TrainedNetwork> networks() override;

 private:
  TraineeMetrics log_likelihood();  // empty where it is interrupted

  LogLikelihoodOptions log_likelihood_options_;
  std::vector<std::int64_t> image_shape_;
  std::uint64_t picture_seed_;
  std::uint64_t validation_seed_;
  Device device_;
  models::Vae vae_;
  Tensor held_out_;                         // (images, image + classes)
  std::int64_t log_likelihood_after_ = -1;  // the step that it was last measured after
};

}  // namespace kiln::apps
