// SPDX-License-Identifier: MIT
// Trains the classifier in whose feature space `evaluate` measures generated images.
#include <cmath>
#include <cstdint>
#include <filesystem>

#include "apps/command_line.h"
#include "apps/data_path.h"
#include "engine/data/mnist.h"
#include "engine/io/image_grid.h"
#include "models/classifier/classifier.h"
#include "models/classifier/training.h"

namespace {

using namespace kiln;
using apps::not_empty, apps::whole_number;

struct Options {
  models::ClassifierTraining training;
  std::filesystem::path data = apps::data_path("mnist");
  std::filesystem::path out = "classifier.safetensors";
  std::string arch = "mlp";
  std::string device = "auto";
  int threads = 0;
};

void add_options(CLI::App& app, Options& options) {
  apps::take_last_option(app);
  models::ClassifierTraining& training = options.training;
  app.add_option("--data", options.data, "Folder of the four MNIST-named IDX files, plain or .gz")
      ->check(not_empty())
      ->capture_default_str();
  app.add_option("--out", options.out, "The safetensors file to write")
      ->check(not_empty())
      ->capture_default_str();
  app.add_option("--arch", options.arch, "mlp, or conv: convolutions before its layers")
      ->capture_default_str();
  app.add_option("--epochs", training.epochs, "Passes over the training images")
      ->check(whole_number(1, 1000000))
      ->capture_default_str();
  app.add_option("--batch", training.batch, "Images a step")
      ->check(whole_number(1, 1000000))
      ->capture_default_str();
  app.add_option("--lr", training.learning_rate, "Adam's learning rate in the first epoch")
      ->check(apps::not_negative())
      ->capture_default_str();
  app.add_option("--shift", training.augmentation.shift,
                 "Images are shifted by up to so many pixels")
      ->check(apps::not_negative())
      ->capture_default_str();
  app.add_option("--degrees", training.augmentation.degrees,
                 "Images are turned by up to so many degrees")
      ->check(apps::not_negative())
      ->capture_default_str();
  app.add_option("--scale", training.augmentation.scale,
                 "Images change in size by up to this share")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  app.add_option("--seed", training.seed, "Equal seeds give equal files")
      ->check(whole_number(0, apps::kMaxSeed))
      ->capture_default_str();
  app.add_option("--device", options.device, "auto (the GPU where there is one), cpu or cuda")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "CPU threads (default: one a core)")
      ->check(whole_number(1, 1024));
  app.set_version_flag("--version", "train_classifier " KILN_VERSION);
}

int train(Options& options) {
  options.training.arch = models::classifier_arch_from_name(options.arch);
  set_num_threads(options.threads);
  const Device device = Device::from_name(options.device);
  require_writable(options.out);
  const MnistData data = load_mnist(options.data, MnistSplit::train);
  const MnistData test = load_mnist(options.data, MnistSplit::test);
  const std::int64_t epochs = options.training.epochs;
  options.training.on_epoch = [epochs](std::int64_t epoch, double loss) {
    apps::print(fmt::format("epoch {}/{}  loss {:.4f}\n", epoch, epochs, loss));
  };
  const auto network = models::train_classifier(data, options.training, device);
  const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(data.images.height),
                                           static_cast<std::int64_t>(data.images.width)};
  const models::Classifier classifier(network, shape, device);
  models::save_classifier(options.out, *network, shape);
  const double accuracy = classifier.accuracy(bytes_to_unit(test.images.pixels), test.labels);
  apps::print(fmt::format("Wrote {}: {:.2f} % of {} test images right\n", options.out.string(),
                          100 * accuracy, test.images.count));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Trains a classifier of images for evaluate.", "train_classifier");
  Options options;
  add_options(app, options);
  return apps::run(app, argc, argv, [&] { return train(options); });
}
