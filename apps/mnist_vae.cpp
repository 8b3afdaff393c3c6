// SPDX-License-Identifier: MIT
// Trains a VAE on MNIST, or on any data set in its file format.
#include <algorithm>
#include <numeric>

#include "apps/training_options.h"
#include "engine/data/mnist.h"
#include "models/vae/bound.h"
#include "models/vae/vae.h"

namespace {

using namespace kiln;

struct Options {
  apps::CommonOptions common;
  std::string recipe = "basic";
  std::string likelihood = "bernoulli";
  double sigma = 0.1;
  double beta = 1;
  std::int64_t kl_warmup_steps = 0;
  std::int64_t nll_samples = 0;  // 0: not measured
  std::int64_t nll_images = 10000;
};

Tensor as_tensor(const IdxImages& images, Device device) {
  std::vector<float> pixels;
  pixels.reserve(images.pixels.size());
  for (const std::uint8_t byte : images.pixels) pixels.push_back(static_cast<float>(byte) / 255);
  return Tensor::from_host(pixels,
                           {static_cast<std::int64_t>(images.count),
                            static_cast<std::int64_t>(images.height * images.width)},
                           device);
}

class VaeTrainee final : public apps::Trainee {
 public:
  // `held_out`: what an epoch ends with is measured on these.
  VaeTrainee(const models::VaeRecipe& recipe, const Options& options, const IdxImages& images,
             const IdxImages& held_out, Device device)
      : nll_samples_(options.nll_samples),
        nll_images_(options.nll_images),
        image_shape_(
            {static_cast<std::int64_t>(images.height), static_cast<std::int64_t>(images.width)}),
        picture_seed_(seed_for(apps::SeedPurpose::picture, options.common.training)),
        validation_seed_(seed_for(apps::SeedPurpose::validation, options.common.training)),
        device_(device),
        held_out_(as_tensor(held_out, device)),
        vae_(recipe, element_count(image_shape_),
             seed_for(apps::SeedPurpose::model, options.common.training), device) {
    if (!recipe.binarize) return;
    Rng rng(derive_seed(validation_seed_, 1), device);
    held_out_ = models::Vae::binarized(held_out_, rng);
  }

  std::string description() const override {
    return fmt::format("a VAE (recipe {})", vae_.recipe().name);
  }
  void train_step(const BatchStream& batches) override { vae_.train_step(batches); }
  std::int64_t steps_done() const override { return vae_.steps_done(); }

  apps::TraineeMetrics read_metrics() override {
    const models::VaeLoss mean = vae_.read_metrics();
    return {{{"loss", mean.loss}, {"reconstruction", mean.reconstruction}, {"kl", mean.kl}},
            fmt::format("loss {:.2f} kl {:.2f}", mean.loss, mean.kl)};
  }

  apps::TraineeMetrics validate() override {
    Rng rng(validation_seed_, device_);
    const models::VaeLoss mean = vae_.evaluate(held_out_, rng);
    return {{{"test_loss", mean.loss},
             {"test_reconstruction", mean.reconstruction},
             {"test_kl", mean.kl}},
            fmt::format("test {:.2f}", mean.loss)};
  }

  apps::TraineeMetrics conclude() override {
    if (nll_samples_ == 0) return {};
    const std::int64_t count = std::min(nll_images_, held_out_.dim(0));
    Rng rng(derive_seed(validation_seed_, 2), device_);
    const std::vector<double> bounds = models::importance_weighted_bound(
        vae_, held_out_.slice(0, {count, held_out_.dim(1)}), nll_samples_, rng);
    const double mean =
        std::accumulate(bounds.begin(), bounds.end(), 0.0) / static_cast<double>(count);
    return {{{"test_nll", mean}, {"nll_samples", nll_samples_}, {"nll_images", count}},
            fmt::format("-log p(x) of {} test images: at most {:.2f} nats (bound of {} samples)",
                        count, mean, nll_samples_)};
  }

  std::vector<float> draw(std::int64_t count) override {
    return vae_.sample(Rng(picture_seed_, device_).normal({count, vae_.recipe().latent_size}))
        .to_host<float>();
  }

  std::vector<apps::TrainedNetwork> networks() override {
    return {{"decoder.safetensors",
             &vae_.decoder(),
             {"generator", image_shape_, 0, vae_.pixel_activation()}},
            {"encoder.safetensors", &vae_.encoder(), {"encoder", image_shape_}}};
  }

 private:
  std::int64_t nll_samples_;
  std::int64_t nll_images_;
  std::vector<std::int64_t> image_shape_;
  std::uint64_t picture_seed_;
  std::uint64_t validation_seed_;
  Device device_;
  Tensor held_out_;
  models::Vae vae_;
};

models::VaeRecipe recipe_of(const CLI::App& app, const Options& options) {
  models::VaeRecipe recipe = models::VaeRecipe::from_name(options.recipe);
  recipe.likelihood = models::likelihood_from_name(options.likelihood);
  recipe.sigma = options.sigma;
  recipe.beta = options.beta;
  recipe.kl_warmup_steps = options.kl_warmup_steps;
  if (const auto rate = options.common.learning_rate(app)) recipe.adam.learning_rate = *rate;
  return recipe;
}

int train(const CLI::App& app, const Options& options) {
  const models::VaeRecipe recipe = recipe_of(app, options);
  const Device device = options.common.prepare();
  const MnistData data = load_mnist(options.common.data, MnistSplit::train);
  const IdxImages& images = data.images;
  const IdxImages held_out = load_mnist(options.common.data, MnistSplit::test).images;
  if (held_out.height != images.height || held_out.width != images.width) {
    throw Error(fmt::format("{}: the test images are {}x{}, the training images {}x{}",
                            options.common.data.string(), held_out.width, held_out.height,
                            images.width, images.height));
  }
  VaeTrainee trainee(recipe, options, images, held_out, device);
  return apps::train(trainee, options.common.training, data, device);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Trains a VAE on MNIST and leaves models, sample pictures and metrics.",
               "mnist_vae");
  Options options;
  options.common.training.out = "out/mnist_vae";
  options.common.training.epochs = 10;
  options.common.training.batch = 128;
  options.common.add_to(app, "mnist_vae");
  app.add_option("--recipe", options.recipe,
                 "basic: 784-400-20; deep: wider and deeper, with a lower loss; burda: the network "
                 "of Burda et al. (2016), on binarised images")
      ->capture_default_str();
  app.add_option("--likelihood", options.likelihood, "Of a pixel: bernoulli or gaussian")
      ->capture_default_str();
  app.add_option("--sigma", options.sigma, "A pixel's standard deviation, if gaussian")
      ->check(apps::not_empty())
      ->capture_default_str();
  app.add_option("--beta", options.beta, "Weight of the KL divergence")
      ->check(apps::not_empty())
      ->capture_default_str();
  app.add_option("--kl-warmup", options.kl_warmup_steps, "Steps in which that weight rises from 0")
      ->check(apps::whole_number(0, apps::kMaxCount))
      ->capture_default_str();
  app.add_option(
         "--nll-samples", options.nll_samples,
         "At the end, the importance-weighted bound on the test images' log-likelihood by so "
         "many samples an image (default: not measured)")
      ->check(apps::whole_number(1, 1000000));
  app.add_option("--nll-images", options.nll_images, "Of so many test images")
      ->check(apps::whole_number(1, 1000000))
      ->capture_default_str();
  return apps::run(app, argc, argv, [&] { return train(app, options); });
}
