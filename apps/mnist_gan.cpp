// SPDX-License-Identifier: MIT
// Trains a GAN on MNIST, or on any data set in its file format.
#include "apps/interrupt.h"
#include "apps/training_options.h"
#include "models/gan/gan.h"

namespace {

using namespace kiln;

constexpr std::int64_t kClasses = 10;  // of MNIST and what keeps its file names

struct Options {
  apps::CommonOptions common;
  std::string recipe = "stable";
  bool conditional = false;
};

class GanTrainee final : public apps::Trainee {
 public:
  GanTrainee(const models::GanRecipe& recipe, const apps::TrainingOptions& options,
             const Shape& image_shape, Device device)
      : recipe_(recipe),
        image_shape_(image_shape),
        picture_seed_(seed_for(apps::SeedPurpose::picture, options)),
        device_(device),
        gan_(recipe, element_count(image_shape_), seed_for(apps::SeedPurpose::model, options),
             device) {}

  std::int64_t classes() const override { return recipe_.classes; }
  std::string description() const override {
    return fmt::format("a {}GAN (recipe {})", recipe_.classes > 0 ? "conditional " : "",
                       recipe_.name);
  }
  void train_step(const BatchStream& batches) override { gan_.train_step(batches); }
  std::int64_t steps_done() const override { return gan_.steps_done(); }
  void visit_state(StateVisitor& visitor) override { gan_.visit_state(visitor); }
  void set_learning_rate_factor(double factor) override { gan_.set_learning_rate_factor(factor); }

  apps::TraineeMetrics read_metrics() override {
    const models::GanMetrics mean = gan_.read_metrics();
    return {{{"d_loss", mean.d_loss},
             {"g_loss", mean.g_loss},
             {"d_real", mean.d_real},
             {"d_fake", mean.d_fake}},
            fmt::format("d {:.3f} g {:.3f}", mean.d_loss, mean.g_loss)};
  }

  std::vector<float> draw(std::int64_t count) override {
    const Tensor z = Rng(picture_seed_, device_).normal({count, recipe_.latent_size});
    const Tensor labels = apps::picture_labels(count, classes(), device_);
    return (labels.defined() ? gan_.sample(z, labels) : gan_.sample(z)).to_host<float>();
  }

  std::vector<apps::TrainedNetwork> networks() override {
    return {{"generator.safetensors",
             &gan_.sampling_generator(),
             {"generator", image_shape_, recipe_.classes}},
            {"discriminator.safetensors",
             &gan_.discriminator(),
             {"discriminator", image_shape_, recipe_.classes}}};
  }
  void networks_replaced() override { gan_.generator_from_average(); }

 private:
  models::GanRecipe recipe_;
  std::vector<std::int64_t> image_shape_;
  std::uint64_t picture_seed_;
  Device device_;
  models::Gan gan_;
};

int train(const CLI::App& app, Options& options) {
  apps::watch_for_interrupt();  // before there are other threads
  models::GanRecipe recipe = models::GanRecipe::from_name(options.recipe);
  if (const auto rate = options.common.learning_rate(app)) recipe.set_learning_rate(*rate);
  const Device device = options.common.prepare(app);
  if (options.conditional) recipe.classes = kClasses;
  const apps::TrainingData data = options.common.load_data();
  if (!recipe.generator_channels.empty() && data.height() != data.width()) {
    throw Error(fmt::format("recipe '{}' takes square images, those of {} are {}x{}", recipe.name,
                            printable(options.common.data), data.height(), data.width()));
  }
  GanTrainee trainee(recipe, options.common.training, data.images.row_shape, device);
  return apps::train(trainee, options.common.training, data, device);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Trains a GAN on MNIST and leaves models, sample pictures and metrics.",
               "mnist_gan");
  Options options;
  options.common.training.out = "out/mnist_gan";
  options.common.add_to(app, "mnist_gan");
  app.add_option(
         "--recipe", options.recipe,
         "stable: draws all digits; lsgan, hinge, wgan-gp: other losses; dcgan: convolutions, "
         "slower and better; seed: the textbook GAN, which collapses")
      ->capture_default_str();
  app.add_flag("--conditional", options.conditional,
               "Train with the labels, so that digits can be asked for");
  return apps::run(app, argc, argv, [&] { return train(app, options); });
}
