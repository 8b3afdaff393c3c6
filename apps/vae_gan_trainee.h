// SPDX-License-Identifier: MIT
// A VAE-GAN as the training loop sees it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/trainee.h"
#include "apps/training_run.h"
#include "models/vae_gan/vae_gan.h"

namespace kiln::apps {

class VaeGanTrainee final : public Trainee {
 public:
  // `held_out`: what an epoch ends with is measured on these.
  VaeGanTrainee(const models::VaeGanRecipe& recipe, const TrainingOptions& options,
                const IdxImages& held_out, Device device);

  std::string description() const override { return "a VAE-GAN"; }
  void train_step(const BatchStream& batches) override { vae_gan_.train_step(batches); }
  std::int64_t steps_done() const override { return vae_gan_.steps_done(); }
  void visit_state(StateVisitor& visitor) override { vae_gan_.visit_state(visitor); }
  void set_learning_rate_factor(double factor) override {
    vae_gan_.set_learning_rate_factor(factor);
  }
  TraineeMetrics read_metrics() override;
  TraineeMetrics validate(std::int64_t epoch) override;
  std::vector<float> draw(std::int64_t count) override;
  std::vector<TrainedNetwork> networks() override;
  void networks_replaced() override { vae_gan_.take_discriminator(); }

 private:
  std::vector<std::int64_t> image_shape_;
  std::uint64_t picture_seed_;
  Device device_;
  models::VaeGan vae_gan_;
  Tensor held_out_;  // (images, pixels)
};

}  // namespace kiln::apps
