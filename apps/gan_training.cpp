// SPDX-License-Identifier: MIT
#include "apps/gan_training.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "apps/interrupt.h"
#include "apps/output_folder.h"
#include "engine/data/batch_sampler.h"
#include "engine/data/gather.h"
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
        sampler_(num_rows_, options.batch, derive_seed(options.seed, kBatchSeed), device),
        num_steps_(count_steps()),
        gan_(recipe, image_size(), num_steps_, derive_seed(options.seed, kModelSeed), device),
        rows_(Tensor::from_host(images.pixels, {num_rows_, image_size()}, device)),
        picture_noise_(Rng(derive_seed(options.seed, kPictureSeed), device)
                           .normal({kPictureImages, recipe.latent_size})),
        folder_(options.out),
        sample_folder_(folder_.subfolder("samples")),
        logger_(folder_.path() / "metrics.jsonl"),
        progress_(ProgressBar::standard_output(), options.batch),
        start_(std::chrono::steady_clock::now()),
        metrics_start_(start_) {}

  // Trains to the end, to --max-steps or to an interrupt.
  void train() {
    for (std::int64_t epoch = 0; epoch < options_.epochs && !done(); ++epoch) {
      sampler_.start_epoch(epoch);
      for (std::int64_t batch = 0; batch < sampler_.batches_per_epoch() && !done(); ++batch) {
        gan_.train_step(gather_rows(rows_, sampler_.batch(batch)));
        const bool last = batch + 1 == sampler_.batches_per_epoch() || done();
        if (last || gan_.steps_done() % kStepsBetweenMetrics == 0) log_metrics(epoch);
        progress_.update(
            {epoch + 1, options_.epochs, batch + 1, sampler_.batches_per_epoch(), losses_});
      }
      write_picture(sample_folder_ / fmt::format("epoch_{:04}.png", epoch + 1));
    }
    progress_.finish();
  }

  void write_results() {
    const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(height_),
                                             static_cast<std::int64_t>(width_)};
    write_picture(folder_.path() / "samples.png");
    save_mlp(folder_.path() / "discriminator.safetensors", gan_.discriminator(),
             {"discriminator", shape});
    save_mlp(folder_.path() / "generator.safetensors", gan_.sampling_generator(),
             {"generator", shape});
    const fs::path& out = folder_.path();
    fmt::print("{} {} steps in {:.1f} s. Results in {}:\n",
               interrupted() ? "Interrupted after" : "Trained", gan_.steps_done(), seconds(start_),
               out.string());
    fmt::print("  samples.png                 {} images; one picture an epoch in samples/\n",
               kPictureImages);
    fmt::print("  generator.safetensors       for: generate --model {} --n 100 --out digits.png\n",
               (out / "generator.safetensors").string());
    fmt::print("  discriminator.safetensors\n  metrics.jsonl               {} lines\n",
               lines_logged_);
  }

 private:
  std::int64_t image_size() const { return static_cast<std::int64_t>(height_ * width_); }

  std::int64_t count_steps() const {
    std::int64_t steps = 0;
    if (__builtin_mul_overflow(options_.epochs, sampler_.batches_per_epoch(), &steps)) {
      throw Error("--epochs " + std::to_string(options_.epochs) + " is too large");
    }
    return steps;
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
  BatchSampler sampler_;
  std::int64_t num_steps_;
  models::Gan gan_;
  Tensor rows_;
  Tensor picture_noise_;
  OutputFolder folder_;
  fs::path sample_folder_;
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
  GanRun run(recipe, options, images, device);
  fmt::print("Training a GAN (recipe {}) on {} images of {}x{}\n", recipe.name, images.count,
             images.width, images.height);
  fmt::print("Running on {}\n", device.description());
  watch_for_interrupt();
  run.train();
  run.write_results();
  return interrupted() ? 130 : 0;
}

}  // namespace kiln::apps
