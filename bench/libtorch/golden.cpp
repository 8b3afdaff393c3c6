// SPDX-License-Identifier: MIT
// The golden runs of tests/models/gan_golden_test.cpp and vae_golden_test.cpp, in LibTorch: before
// a step is timed it is shown to be the step that Kiln computes.
#include <zlib.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "gan.h"
#include "vae.h"

namespace kiln::bench {
namespace {

constexpr std::int64_t kBatch = 64;

// lowbias32 of index + stream * 2^24, 24 bits of it, as floats in [-1, 1) times `scale`.
torch::Tensor hashed(at::IntArrayRef shape, std::uint32_t stream, float scale) {
  torch::Tensor values = torch::empty(shape);
  float* const out = values.data_ptr<float>();
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    std::uint32_t x = static_cast<std::uint32_t>(i) + (stream << 24);
    x ^= x >> 16;
    x *= 0x7FEB352D;
    x ^= x >> 15;
    x *= 0x846CA68B;
    x ^= x >> 16;
    out[i] = (static_cast<float>(x >> 8) * 0x1p-23f - 1.0f) * scale;
  }
  return values;
}

// The first `count` images of MNIST, (count, 784) in [0, 1].
torch::Tensor mnist_images(std::int64_t count) {
  constexpr std::size_t kHeader = 16;
  std::vector<unsigned char> bytes(kHeader + static_cast<std::size_t>(count) * 784);
  const gzFile file = gzopen(KILN_MNIST_IMAGES, "rb");
  const int read =
      file == nullptr ? 0 : gzread(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
  if (read != static_cast<int>(bytes.size())) {
    throw std::runtime_error(KILN_MNIST_IMAGES " cannot be read");
  }
  return torch::from_blob(bytes.data() + kHeader, {count, 784}, torch::kUInt8).to(torch::kFloat32) /
         255;
}

void set_weights(const Mlp& mlp, std::uint32_t stream) {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < mlp.parameters.size(); ++i) {
    const auto bound = static_cast<float>(1 / std::sqrt(static_cast<double>(mlp.sizes[i / 2])));
    mlp.parameters[i].copy_(hashed(mlp.parameters[i].sizes(), stream++, bound));
  }
}

// The largest relative difference of losses from those of a file; NaN counts as infinite.
class Comparison {
 public:
  explicit Comparison(const char* file) : golden_(nlohmann::json::parse(std::ifstream(file))) {}

  void add(const torch::Tensor& loss, const char* name, std::int64_t step) {
    const double expected = golden_.at(name).at(static_cast<std::size_t>(step)).get<double>();
    const double difference = std::abs(loss.item<double>() - expected) / std::abs(expected);
    if (!(difference <= worst_)) {
      worst_ = std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
    }
  }
  double worst() const { return worst_; }

 private:
  nlohmann::json golden_;
  double worst_ = 0;
};

torch::Tensor hashed_noise(std::int64_t latent, std::int64_t stream, torch::Device device) {
  return hashed({kBatch, latent}, static_cast<std::uint32_t>(stream), 1.7320508f).to(device);
}

}  // namespace

double golden_difference(torch::Device device, bool bf16) {
  constexpr std::int64_t kSteps = 20;
  const torch::Tensor images = mnist_images(kBatch * kSteps).to(device);
  Gan gan(device, bf16);
  set_weights(gan.generator, 0);
  set_weights(gan.discriminator, 20);
  Comparison comparison(KILN_GOLDEN_GAN);
  for (std::int64_t step = 0; step < kSteps; ++step) {
    const auto noise = [&](std::int64_t half) {
      return hashed_noise(Gan::kLatent, 100 + 2 * step + half, device);
    };
    comparison.add(gan.update_discriminator(images.narrow(0, step * kBatch, kBatch), noise(0)),
                   "d_loss", step);
    comparison.add(gan.update_generator(noise(1)), "g_loss", step);
  }
  return comparison.worst();
}

double vae_golden_difference(torch::Device device) {
  constexpr std::int64_t kSteps = 10;
  const torch::Tensor images = mnist_images(kBatch * kSteps).to(device);
  Vae vae(device);
  set_weights(vae.encoder, 0);
  set_weights(vae.decoder, 20);
  Comparison comparison(KILN_GOLDEN_VAE);
  for (std::int64_t step = 0; step < kSteps; ++step) {
    const Vae::Loss loss = vae.train_step(images.narrow(0, step * kBatch, kBatch),
                                          hashed_noise(Vae::kLatent, 100 + step, device));
    comparison.add(loss.reconstruction, "reconstruction", step);
    comparison.add(loss.kl, "kl", step);
  }
  return comparison.worst();
}

}  // namespace kiln::bench
