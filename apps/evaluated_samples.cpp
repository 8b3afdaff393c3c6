// SPDX-License-Identifier: MIT
#include "apps/evaluated_samples.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/io/idx.h"
#include "engine/io/image_grid.h"
#include "engine/io/npy.h"
#include "engine/io/printable.h"
#include "models/draw.h"

namespace kiln::apps {
namespace {

void check_pixels(const std::filesystem::path& path, const EvaluatedSamples& samples) {
  for (std::size_t i = 0; i < samples.pixels.size(); ++i) {
    if (samples.pixels[i] >= 0 && samples.pixels[i] <= 1) continue;  // NaN fails
    throw Error(fmt::format("{}: image {} has a pixel of value {}, outside [0, 1]", printable(path),
                            i / static_cast<std::size_t>(samples.height * samples.width),
                            samples.pixels[i]));
  }
}

// Without the images from number `count` on.
EvaluatedSamples cut(EvaluatedSamples samples, std::int64_t count) {
  samples.count = std::min(samples.count, count);
  samples.pixels.resize(static_cast<std::size_t>(samples.count * samples.height * samples.width));
  return samples;
}

EvaluatedSamples read_array(const std::filesystem::path& path) {
  NpyFloats array = read_npy_floats(path);
  std::vector<std::size_t>& shape = array.shape;
  if (shape.size() == 4 && shape[1] == 1) shape.erase(shape.begin() + 1);
  if (shape.size() != 3 || shape[1] == 0 || shape[2] == 0) {
    throw Error(fmt::format("{}: shape ({}) is not (images, height, width)", printable(path),
                            fmt::join(shape, ",")));
  }
  return {static_cast<std::int64_t>(shape[0]), static_cast<std::int64_t>(shape[1]),
          static_cast<std::int64_t>(shape[2]), std::move(array.values)};
}

EvaluatedSamples read_idx(const std::filesystem::path& path) {
  const IdxImages images = read_idx_images(path);
  return {static_cast<std::int64_t>(images.count), static_cast<std::int64_t>(images.height),
          static_cast<std::int64_t>(images.width), bytes_to_unit(images.pixels)};
}

}  // namespace

EvaluatedSamples draw_samples(const std::filesystem::path& model, std::int64_t count,
                              std::uint64_t seed, Device device) {
  const models::LoadedNetwork generator = models::load_network(model, device);
  const std::vector<std::int64_t>& shape = generator.info.image_shape;
  const models::DrawSettings settings = {.count = count, .seed = seed, .label = {}};
  try {
    return {count, shape[0], shape[1], models::draw_images(generator, settings, device),
            models::drawn_labels(generator, settings)};
  } catch (const Error& error) {
    throw Error(model.string() + ": " + error.what());
  }
}

EvaluatedSamples read_samples(const std::filesystem::path& path, std::int64_t count) {
  EvaluatedSamples samples = cut(is_npy(path) ? read_array(path) : read_idx(path), count);
  check_pixels(path, samples);
  return samples;
}

}  // namespace kiln::apps
