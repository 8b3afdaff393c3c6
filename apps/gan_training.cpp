// SPDX-License-Identifier: MIT
#include "apps/gan_training.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "apps/command_line.h"
#include "apps/gan_results.h"
#include "apps/interrupt.h"
#include "apps/output_folder.h"
#include "engine/data/batch_stream.h"
#include "engine/io/image_grid.h"
#include "engine/io/png.h"
#include "engine/train/progress_bar.h"
#include "engine/train/step_logger.h"
#include "models/mlp_file.h"

namespace kiln::apps {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kPictureImages = 100;
constexpr std::int64_t kStepsBetweenMetrics = 100;
enum SeedPurpose : std::uint64_t { kModelSeed, kBatchSeed, kPictureSeed };

class GanRun {
 public:
  GanRun(const models::GanRecipe& recipe, const GanTrainingOptions& options,
         const IdxImages& images, Device device)
      : options_(options),
        height_(images.height),
        width_(images.width),
        num_rows_(static_cast<std::int64_t>(images.count)),
        batches_(Tensor::from_host(images.pixels, {num_rows_, image_size()}, device), options.batch,
                 derive_seed(options.seed, kBatchSeed)),
        gan_(recipe, image_size(), derive_seed(options.seed, kModelSeed), device),
        picture_noise_(Rng(derive_seed(options.seed, kPictureSeed), device)
                           .normal({kPictureImages, recipe.latent_size})),
        results_(options.out),
        folder_(results_.folder, results_.epoch_pictures, model_bytes()),
        logger_(results_.metrics),
        progress_(ProgressBar::standard_output(), options.batch),
        start_(std::chrono::steady_clock::now()),
        metrics_start_(start_) {
    results_.remove_models_and_pictures();
  }

  // Trains to the end, to --max-steps or to an interrupt, and writes the results.
  void run() {
    try {
      train();
      write_models();
    } catch (...) {
      results_.remove_all();
      throw;
    }
    print_results();
  }

 private:
  void train() {
    bool stop = interrupted();
    for (std::int64_t epoch = 0; epoch < options_.epochs && !stop; ++epoch) {
      batches_.start_epoch(epoch);
      const std::int64_t batches = batches_.batches_per_epoch();
      for (std::int64_t batch = 0; batch < batches && !stop; ++batch) {
        gan_.train_step(batches_);
        stop = done();
        const bool last = stop || batch + 1 == batches;
        if (last || gan_.steps_done() % kStepsBetweenMetrics == 0) log_metrics(epoch);
        progress_.update({epoch + 1, options_.epochs, batch + 1, batches, losses_});
      }
      write_picture(results_.epoch_picture(epoch + 1));
    }
    progress_.finish();
  }

  void write_models() {
    const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(height_),
                                             static_cast<std::int64_t>(width_)};
    write_picture(results_.picture);
    save_mlp(results_.discriminator, gan_.discriminator(), {"discriminator", shape});
    save_mlp(results_.generator, gan_.sampling_generator(), {"generator", shape});
  }

  void print_results() {
    print(fmt::format(
        "{} {} steps in {:.1f} s. Results in {}:\n"
        "  samples.png                 {} images; one picture an epoch in samples/\n"
        "  generator.safetensors       for: generate --model {} --n 100 --out digits.png\n"
        "  discriminator.safetensors\n"
        "  metrics.jsonl               {} lines\n",
        interrupted() ? "Interrupted after" : "Trained", gan_.steps_done(), seconds(start_),
        results_.folder.string(), kPictureImages, results_.generator.string(), lines_logged_));
  }

  std::int64_t image_size() const { return static_cast<std::int64_t>(height_ * width_); }

  std::uint64_t model_bytes() {
    std::uint64_t bytes = 0;
    for (const models::Mlp* mlp : {&gan_.generator(), &gan_.discriminator()}) {
      for (const nn::NamedTensor& parameter : mlp->named_parameters()) {
        bytes += static_cast<std::uint64_t>(parameter.tensor.numel()) * sizeof(float);
      }
    }
    return bytes;
  }

  bool done() const {
    return interrupted() || (options_.max_steps > 0 && gan_.steps_done() >= options_.max_steps);
  }

  static double seconds(std::chrono::steady_clock::time_point since) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
  }

  void log_metrics(std::int64_t epoch) {
    const models::GanMetrics metrics = gan_.read_metrics();
    const auto images = static_cast<double>((gan_.steps_done() - last_step_) * options_.batch);
    const double rate = images / std::max(seconds(metrics_start_), 1e-9);
    last_step_ = gan_.steps_done();
    metrics_start_ = std::chrono::steady_clock::now();
    logger_.log({{"epoch", epoch + 1},
                 {"step", gan_.steps_done()},
                 {"d_loss", metrics.d_loss},
                 {"g_loss", metrics.g_loss},
                 {"d_real", metrics.d_real},
                 {"d_fake", metrics.d_fake},
                 {"images_per_second", rate},
                 {"seconds", seconds(start_)}});
    ++lines_logged_;
    losses_ = fmt::format("d {:.3f} g {:.3f}", metrics.d_loss, metrics.g_loss);
  }

  void write_picture(const fs::path& path) {
    const std::vector<std::uint8_t> pixels =
        unit_to_bytes(gan_.sample(picture_noise_).to_host<float>());
    write_png(path, tile_images(pixels, kPictureImages, height_, width_));
  }

  GanTrainingOptions options_;
  std::size_t height_;
  std::size_t width_;
  std::int64_t num_rows_;
  BatchStream batches_;
  models::Gan gan_;
  Tensor picture_noise_;
  GanResults results_;
  OutputFolder folder_;
  StepLogger logger_;
  ProgressBar progress_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point metrics_start_;
  std::int64_t last_step_ = 0;
  std::int64_t lines_logged_ = 0;
  std::string losses_;
};

}  // namespace

int train_gan(const models::GanRecipe& recipe, const GanTrainingOptions& options,
              const IdxImages& images, Device device) {
  if (options.batch < 1 || static_cast<std::uint64_t>(options.batch) > images.count) {
    throw Error(fmt::format("--batch {} is not between 1 and the {} images of the data set",
                            options.batch, images.count));
  }
  watch_for_interrupt();
  GanRun run(recipe, options, images, device);
  print(fmt::format("Training a GAN (recipe {}) on {} images of {}x{}\nRunning on {}\n",
                    recipe.name, images.count, images.width, images.height, device.description()));
  run.run();
  return interrupted() ? 130 : 0;
}

}  // namespace kiln::apps
