// SPDX-License-Identifier: MIT
// Trains a generator whose images, 4 pixels high and 6 wide, grow brighter from left to right, as
// far as its two latent numbers leave them alone, and saves it: train_shades FILE.
#include <cstdio>
#include <exception>

#include "engine/autograd/backward.h"
#include "engine/ops/loss.h"
#include "engine/optim/adam.h"
#include "engine/rng.h"
#include "models/draw.h"
#include "models/mlp.h"
#include "models/network_file.h"

namespace {

using namespace kiln;

constexpr std::int64_t kBatch = 32, kHeight = 4, kWidth = 6, kLatent = 2;

Tensor shades(Device device) {
  std::vector<float> pixels;
  for (std::int64_t i = 0; i < kBatch * kHeight * kWidth; ++i) {
    pixels.push_back(static_cast<float>(i % kWidth) / (kWidth - 1));
  }
  return Tensor::from_host(pixels, {kBatch, kHeight * kWidth}, device);
}

void train(const char* file) {
  const Device device = Device::from_name("auto");  // a GPU where there is one
  models::Mlp generator({.sizes = {kLatent, 16, kHeight * kWidth}}, /*seed=*/1, device);
  optim::ParameterArena arena(generator.parameters());
  optim::Adam adam(arena, {.learning_rate = 3e-2});
  const Tensor target = shades(device);
  Rng rng(2, device);
  double first = 0, last = 0;
  for (int step = 0; step < 200; ++step) {
    const Tensor loss = bce_with_logits(generator(rng.normal({kBatch, kLatent})), target);
    last = loss.item();
    if (step == 0) first = last;
    backward(loss);
    adam.step();
  }
  std::printf("loss %.4f -> %.4f on %s\n", first, last, device.description().c_str());
  models::save_network(file, generator,
                       {.role = "generator",
                        .image_shape = {kHeight, kWidth},
                        .pixel_activation = {models::ActivationKind::sigmoid}});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: train_shades FILE\n");
    return 2;
  }
  try {
    train(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "train_shades: %s\n", error.what());
    return 1;
  }
}
