// SPDX-License-Identifier: MIT
// Trains a VAE on MNIST, or on any data set in its file format.
#include "apps/interrupt.h"
#include "apps/training_options.h"
#include "apps/vae_gan_trainee.h"
#include "apps/vae_trainee.h"
#include "engine/data/mnist.h"

namespace {

using namespace kiln;

constexpr std::int64_t kClasses = 10;  // of MNIST and what keeps its file names

struct Options {
  apps::CommonOptions common;
  std::string recipe = "basic";
  std::string likelihood = "bernoulli";
  double sigma = 0.1;
  double beta = 1;
  std::int64_t kl_warmup_steps = 0;
  std::int64_t importance_samples = 1;
  bool conditional = false;
  apps::LogLikelihoodOptions log_likelihood;
};

// Options that say what a VAE is or what is measured of it alone.
constexpr const char* kVaeOptions[] = {"--conditional", "--likelihood", "--sigma",
                                       "--beta",        "--kl-warmup",  "--iw-samples",
                                       "--nll-samples", "--nll-images", "--nll-every"};

models::VaeGanRecipe vae_gan_recipe(const CLI::App& app, const Options& options) {
  for (const char* name : kVaeOptions) {
    if (app.count(name) > 0) throw Error(fmt::format("{} is not for recipe vae-gan", name));
  }
  models::VaeGanRecipe recipe;
  if (const auto rate = options.common.learning_rate(app)) recipe.set_learning_rate(*rate);
  return recipe;
}

models::VaeRecipe recipe_of(const CLI::App& app, const Options& options) {
  models::VaeRecipe recipe = models::VaeRecipe::from_name(options.recipe);
  recipe.likelihood = models::likelihood_from_name(options.likelihood);
  if (app.count("--sigma") > 0 && recipe.likelihood != models::Likelihood::gaussian) {
    throw Error(fmt::format("--sigma is not for likelihood {}", options.likelihood));
  }
  recipe.sigma = options.sigma;
  recipe.beta = options.beta;
  recipe.kl_warmup_steps = options.kl_warmup_steps;
  recipe.importance_samples = options.importance_samples;
  if (options.conditional) recipe.classes = kClasses;
  if (const auto rate = options.common.learning_rate(app)) recipe.adam.learning_rate = *rate;
  return recipe;
}

int train(const CLI::App& app, Options& options) {
  apps::watch_for_interrupt();  // before there are other threads
  const bool is_vae_gan = options.recipe == "vae-gan";
  const auto vae_gan = is_vae_gan ? vae_gan_recipe(app, options) : models::VaeGanRecipe();
  const auto recipe = is_vae_gan ? models::VaeRecipe() : recipe_of(app, options);
  const Device device = options.common.prepare(app);
  const apps::TrainingData data = options.common.load_data();
  const MnistData held_out = load_mnist(options.common.data, MnistSplit::test);
  const IdxImages& test = held_out.images;
  if (test.height != data.height() || test.width != data.width()) {
    throw Error(fmt::format("{}: the test images are {}x{}, the training images {}x{}",
                            options.common.data.string(), test.width, test.height, data.width(),
                            data.height()));
  }
  if (is_vae_gan) {
    apps::VaeGanTrainee trainee(vae_gan, options.common.training, test, device);
    return apps::train(trainee, options.common.training, data, device);
  }
  apps::VaeTrainee trainee(recipe, options.common.training, options.log_likelihood, held_out,
                           device);
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
                 "of Burda et al. (2016), on binarised images; vae-gan: images held against their "
                 "reconstructions by a GAN's discriminator (Larsen et al. 2016)")
      ->capture_default_str();
  app.add_flag("--conditional", options.conditional,
               "Train with the labels, so that digits can be asked for");
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
  app.add_option("--iw-samples", options.importance_samples,
                 "Draws of the latent vector an image; more than 1 trains on their "
                 "importance-weighted bound (Burda et al. 2016), the loss of the log")
      ->check(apps::whole_number(1, 1000))
      ->capture_default_str();
  CLI::Option* const nll_samples =
      app.add_option(
             "--nll-samples", options.log_likelihood.samples,
             "At the end, the importance-weighted bound on the test images' log-likelihood by so "
             "many samples an image (default: not measured)")
          ->check(apps::whole_number(1, 1000000));
  app.add_option("--nll-images", options.log_likelihood.images, "Of so many test images")
      ->check(apps::whole_number(1, 1000000))
      ->needs(nll_samples)
      ->capture_default_str();
  app.add_option("--nll-every", options.log_likelihood.every,
                 "Also after every so many epochs (default: at the end alone)")
      ->check(apps::whole_number(1, apps::kMaxCount))
      ->needs(nll_samples);
  return apps::run(app, argc, argv, [&] { return train(app, options); });
}
