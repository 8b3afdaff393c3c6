// SPDX-License-Identifier: MIT
// Trains a GAN on MNIST, or on any data set in its file format.
#include <cmath>
#include <filesystem>

#include "apps/command_line.h"
#include "apps/gan_training.h"
#include "engine/data/mnist.h"
#include "engine/precision.h"

namespace {

using namespace kiln;
using apps::kMaxCount, apps::kMaxSeed, apps::not_empty, apps::whole_number;

struct Options {
  apps::GanTrainingOptions training;
  std::filesystem::path data = "data/mnist";
  std::string recipe = "stable";
  std::string device = "auto";
  std::string precision = "fp32";
  int threads = 0;
  double learning_rate = 0;
};

void add_options(CLI::App& app, Options& options) {
  apps::take_last_option(app);
  apps::GanTrainingOptions& training = options.training;
  app.add_option("--data", options.data, "Folder of the four MNIST-named IDX files, plain or .gz")
      ->check(not_empty())
      ->capture_default_str();
  app.add_option("--out", training.out, "Folder for models, pictures and metrics")
      ->check(not_empty())
      ->capture_default_str();
  app.add_option("--recipe", options.recipe,
                 "stable: draws all digits; seed: the textbook GAN, which collapses")
      ->capture_default_str();
  app.add_option("--epochs", training.epochs, "Passes over the training images")
      ->check(whole_number(1, 1000000000))  // times any number of batches fits 64 bits
      ->capture_default_str();
  app.add_option("--batch", training.batch, "Images a step")
      ->check(not_empty())
      ->capture_default_str();
  app.add_option("--lr", options.learning_rate, "Adam's learning rate (default: the recipe's)")
      ->check(not_empty());
  app.add_option("--seed", training.seed, "Equal seeds give equal files")
      ->check(whole_number(0, kMaxSeed))
      ->capture_default_str();
  app.add_option("--max-steps", training.max_steps, "Stop after so many steps (default: no limit)")
      ->check(whole_number(1, kMaxCount));
  app.add_option("--device", options.device, "auto (the GPU where there is one), cpu or cuda")
      ->capture_default_str();
  app.add_option("--precision", options.precision,
                 "Of matrix products on a GPU: fp32, tf32x3, tf32 or bf16; weights stay fp32")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "CPU threads (default: one a core)")
      ->check(whole_number(1, 1024));
  app.set_version_flag("--version", "mnist_gan " KILN_VERSION);
}

int train(const CLI::App& app, Options& options) {
  models::GanRecipe recipe = models::GanRecipe::from_name(options.recipe);
  if (app.count("--lr") > 0) {
    if (!(options.learning_rate >= 0) || !std::isfinite(options.learning_rate)) {
      throw Error(fmt::format("--lr {} is not a number of at least 0", options.learning_rate));
    }
    recipe.set_learning_rate(options.learning_rate);
  }
  set_matmul_precision(precision_from_name(options.precision));
  set_num_threads(options.threads);
  const Device device = Device::from_name(options.device);
  const MnistData data = load_mnist(options.data, MnistSplit::train);
  return apps::train_gan(recipe, options.training, data.images, device);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Trains a GAN on MNIST and leaves models, sample pictures and metrics.",
               "mnist_gan");
  Options options;
  add_options(app, options);
  return apps::run(app, argc, argv, [&] { return train(app, options); });
}
