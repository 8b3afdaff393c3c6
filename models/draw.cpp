// SPDX-License-Identifier: MIT
#include "models/draw.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/autograd/grad_mode.h"
#include "engine/ops/concat.h"
#include "engine/ops/one_hot.h"
#include "engine/rng.h"

namespace kiln::models {
namespace {

constexpr std::int64_t kChunk = 256;  // images in memory beside their pixels

void check(const LoadedNetwork& generator, const DrawSettings& settings) {
  const NetworkInfo& info = generator.info;
  if (info.role != "generator") throw Error("its role is '" + info.role + "', not 'generator'");
  const double t = settings.truncation;
  if (t != 0 && !(t >= 0.1 && std::isfinite(t))) {
    throw Error("truncation " + std::to_string(t) + " is not a number of at least 0.1");
  }
  if (!settings.label) return;
  if (info.classes == 0) throw Error("its images have no labels to choose from");
  if (*settings.label < 0 || *settings.label >= info.classes) {
    throw Error("label " + std::to_string(*settings.label) + " is not one of its " +
                std::to_string(info.classes) + " classes");
  }
}

// Normal numbers, each drawn again until its magnitude is at most `truncation`.
Tensor latent_vectors(const Shape& shape, double truncation, Rng& rng, Device device) {
  Tensor z = rng.normal(shape);
  if (truncation == 0) return z;
  const auto is_outside = [&](float x) { return std::abs(static_cast<double>(x)) > truncation; };
  std::vector<float> values = z.to_host<float>();
  while (std::any_of(values.begin(), values.end(), is_outside)) {
    const std::vector<float> again = rng.normal(shape).to_host<float>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (is_outside(values[i])) values[i] = again[i];
    }
  }
  return Tensor::from_host(values, shape, device);
}

std::vector<std::int32_t> labels_of(std::int64_t classes, std::int64_t first, std::int64_t count,
                                    std::optional<std::int64_t> label) {
  if (!label) return labels_in_turn(classes, first, count);
  return std::vector<std::int32_t>(static_cast<std::size_t>(count),
                                   static_cast<std::int32_t>(*label));
}

Tensor with_labels(const LoadedNetwork& generator, const Tensor& z,
                   const std::vector<std::int32_t>& labels) {
  const std::int64_t classes = generator.info.classes;
  if (classes == 0) return z;
  return concat_columns(z, one_hot(Tensor::from_host(labels, {z.dim(0)}, z.device()), classes));
}

Tensor with_labels(const LoadedNetwork& generator, const Tensor& z, std::int64_t first,
                   std::optional<std::int64_t> label) {
  const std::int64_t classes = generator.info.classes;
  if (classes == 0) return z;
  return with_labels(generator, z, labels_of(classes, first, z.dim(0), label));
}

void check_pixels(const std::vector<float>& pixels) {
  for (const float pixel : pixels) {
    if (pixel >= 0 && pixel <= 1) continue;  // not NaN
    throw Error("draws a pixel of value " + std::to_string(pixel) + ", outside [0, 1]");
  }
}

}  // namespace

std::int64_t latent_size(const LoadedNetwork& generator) {
  return generator.network->inputs() - generator.info.classes;
}

std::vector<std::int32_t> labels_in_turn(std::int64_t classes, std::int64_t first,
                                         std::int64_t count) {
  std::vector<std::int32_t> labels;
  for (std::int64_t i = first; i < first + count; ++i) {
    labels.push_back(static_cast<std::int32_t>(i / 10 % classes));
  }
  return labels;
}

// Whole chunks are drawn whatever the count: image i does not depend on it.
std::vector<float> draw_images(const LoadedNetwork& generator, const DrawSettings& settings,
                               Device device) {
  check(generator, settings);
  const NoGradGuard no_grad;
  Rng rng(settings.seed, device);
  std::vector<float> pixels;
  const std::int64_t image_size = generator.network->outputs();
  pixels.reserve(static_cast<std::size_t>(settings.count * image_size));
  for (std::int64_t done = 0; done < settings.count; done += kChunk) {
    const Tensor z =
        latent_vectors({kChunk, latent_size(generator)}, settings.truncation, rng, device);
    const Tensor images = (*generator.network)(with_labels(generator, z, done, settings.label));
    const std::int64_t wanted = std::min(kChunk, settings.count - done);
    const auto chunk = images.slice(0, {wanted, image_size}).to_host<float>();
    pixels.insert(pixels.end(), chunk.begin(), chunk.end());
  }
  check_pixels(pixels);
  return pixels;
}

std::vector<std::int32_t> drawn_labels(const LoadedNetwork& generator,
                                       const DrawSettings& settings) {
  const std::int64_t classes = generator.info.classes;
  if (classes == 0) return {};
  return labels_of(classes, 0, settings.count, settings.label);
}

std::vector<float> images_of(const LoadedNetwork& generator, const Tensor& z,
                             std::optional<std::int64_t> label, std::size_t first_layer) {
  const DrawSettings settings = {.count = z.dim(0), .label = label};
  check(generator, settings);
  return images_of(generator, z, drawn_labels(generator, settings), first_layer);
}

std::vector<float> images_of(const LoadedNetwork& generator, const Tensor& z,
                             const std::vector<std::int32_t>& labels, std::size_t first_layer) {
  check(generator, {.label = {}});
  for (const std::int32_t label : labels) check(generator, {.label = label});
  const bool has_labels = generator.info.classes > 0;
  const std::int64_t n = z.dim(0);
  if (has_labels && static_cast<std::int64_t>(labels.size()) != n) {
    throw Error("its images need labels: there are " + std::to_string(labels.size()) + " for " +
                std::to_string(n));
  }
  const NoGradGuard no_grad;
  std::vector<float> pixels;
  pixels.reserve(static_cast<std::size_t>(n * generator.network->outputs()));
  for (std::int64_t done = 0; done < n; done += kChunk) {
    const std::int64_t count = std::min(kChunk, n - done);
    const Tensor rows = z.slice(done * z.dim(1), {count, z.dim(1)});
    std::vector<std::int32_t> chunk_labels;
    if (has_labels) chunk_labels.assign(labels.begin() + done, labels.begin() + done + count);
    const Tensor made =
        generator.network->forward_from(first_layer, with_labels(generator, rows, chunk_labels));
    const auto chunk = made.to_host<float>();
    pixels.insert(pixels.end(), chunk.begin(), chunk.end());
  }
  check_pixels(pixels);
  return pixels;
}

}  // namespace kiln::models
