// SPDX-License-Identifier: MIT
#include "apps/reconstruction.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <string>

#include "apps/evaluated_samples.h"
#include "engine/autograd/grad_mode.h"
#include "engine/io/idx.h"
#include "engine/io/image_grid.h"
#include "engine/ops/concat.h"
#include "engine/ops/one_hot.h"
#include "models/draw.h"

namespace kiln::apps {
namespace {

namespace fs = std::filesystem;
using models::LoadedNetwork;

constexpr std::int64_t kDefaultCount = 100;

struct NamedNetwork {
  fs::path path;
  LoadedNetwork loaded;
};

std::string size_of(const std::vector<std::int64_t>& image_shape) {
  return fmt::format("{}x{}", image_shape[1], image_shape[0]);
}

NamedNetwork load_encoder(const fs::path& given, const fs::path& decoder, Device device) {
  const fs::path path = given.empty() ? decoder.parent_path() / "encoder.safetensors" : given;
  if (!fs::exists(path)) {
    throw Error(fmt::format("{}: there is no {}: to reconstruct takes a VAE and its encoder",
                            decoder.string(), path.string()));
  }
  return {path, models::load_network(path, device)};
}

void check_pair(const NamedNetwork& encoder, const NamedNetwork& decoder) {
  const auto fail = [](const NamedNetwork& network, const std::string& text) {
    throw Error(network.path.string() + ": " + text);
  };
  const auto& [seen, made] = std::pair(encoder.loaded.info, decoder.loaded.info);
  if (made.role != "generator") {
    fail(decoder, fmt::format("its role is '{}', not 'generator'", made.role));
  }
  if (seen.role != "encoder") {
    fail(encoder, fmt::format("its role is '{}', not 'encoder'", seen.role));
  }
  if (seen.image_shape != made.image_shape) {
    fail(encoder, fmt::format("its images are {}, those of {} {}", size_of(seen.image_shape),
                              decoder.path.string(), size_of(made.image_shape)));
  }
  if (seen.classes != made.classes) {
    fail(encoder, fmt::format("it has {} classes, {} has {}", seen.classes, decoder.path.string(),
                              made.classes));
  }
  const std::int64_t latent = models::latent_size(decoder.loaded);
  if (encoder.loaded.network->outputs() != 2 * latent) {
    fail(encoder, fmt::format("its {} outputs are not a mean and a variance for each of the {} "
                              "latent numbers of {}",
                              encoder.loaded.network->outputs(), latent, decoder.path.string()));
  }
}

EvaluatedSamples read_images(const ReconstructionOptions& options,
                             const std::vector<std::int64_t>& image_shape) {
  EvaluatedSamples images = read_samples(options.images, std::numeric_limits<std::int64_t>::max());
  const std::vector<std::int64_t> shape = {images.height, images.width};
  if (images.count == 0) throw Error(options.images.string() + ": there are no images in it");
  if (shape != image_shape) {
    throw Error(fmt::format("{}: its images are {}, the model's {}", options.images.string(),
                            size_of(shape), size_of(image_shape)));
  }
  return images;
}

// One for each image; none for a model without classes.
std::vector<std::int32_t> read_labels(const ReconstructionOptions& options,
                                      const NamedNetwork& decoder, std::int64_t images) {
  const std::int64_t classes = decoder.loaded.info.classes;
  if (classes == 0) {
    if (options.labels.empty()) return {};
    throw Error(decoder.path.string() + ": takes no labels: it is not a conditional model");
  }
  if (options.labels.empty()) {
    throw Error(decoder.path.string() +
                ": is a conditional model: give the images' labels by --labels");
  }
  const std::vector<std::uint8_t> labels = read_idx_labels(options.labels);
  if (static_cast<std::int64_t>(labels.size()) != images) {
    throw Error(fmt::format("{}: has {} labels, {} has {} images", options.labels.string(),
                            labels.size(), options.images.string(), images));
  }
  const auto bad = std::find_if(labels.begin(), labels.end(),
                                [&](std::uint8_t label) { return label >= classes; });
  if (bad != labels.end()) {
    throw Error(fmt::format("{}: label {} of image {} is not one of the model's {} classes",
                            options.labels.string(), *bad, bad - labels.begin(), classes));
  }
  return {labels.begin(), labels.end()};
}

std::vector<float> encode_and_decode(const NamedNetwork& encoder, const NamedNetwork& decoder,
                                     const DrawnImages& drawn,
                                     const std::vector<std::int32_t>& labels, Device device) {
  constexpr std::int64_t kChunk = 1000;
  const NoGradGuard no_grad;
  const std::int64_t size = drawn.height * drawn.width, classes = decoder.loaded.info.classes;
  const std::int64_t latent = models::latent_size(decoder.loaded);
  std::vector<float> pixels;
  for (std::int64_t first = 0; first < drawn.count; first += kChunk) {
    const std::int64_t n = std::min(kChunk, drawn.count - first);
    std::vector<std::int32_t> asked;
    Tensor images = Tensor::from_host(
        std::span(drawn.originals)
            .subspan(static_cast<std::size_t>(first * size), static_cast<std::size_t>(n * size)),
        {n, size}, device);
    if (classes > 0) {
      asked.assign(labels.begin() + first, labels.begin() + first + n);
      images = concat_columns(images, one_hot(Tensor::from_host(asked, {n}, device), classes));
    }
    const Tensor means = columns((*encoder.loaded.network)(images), 0, latent);
    try {
      const std::vector<float> made = models::images_of(decoder.loaded, means, asked);
      pixels.insert(pixels.end(), made.begin(), made.end());
    } catch (const Error& error) {
      throw Error(decoder.path.string() + ": " + error.what());
    }
  }
  return pixels;
}

}  // namespace

DrawnImages reconstruct(const fs::path& decoder_path, const ReconstructionOptions& options,
                        Device device) {
  const NamedNetwork decoder = {decoder_path, models::load_network(decoder_path, device)};
  const NamedNetwork encoder = load_encoder(options.encoder, decoder_path, device);
  check_pair(encoder, decoder);
  EvaluatedSamples images = read_images(options, decoder.loaded.info.image_shape);
  const std::vector<std::int32_t> labels = read_labels(options, decoder, images.count);
  DrawnImages drawn;
  drawn.count = options.count.value_or(std::min(kDefaultCount, images.count));
  if (drawn.count > images.count) {
    throw Error(fmt::format("{}: has {} images, fewer than --n {}", options.images.string(),
                            images.count, drawn.count));
  }
  drawn.height = images.height;
  drawn.width = images.width;
  drawn.originals = std::move(images.pixels);
  drawn.originals.resize(static_cast<std::size_t>(drawn.count * drawn.height * drawn.width));
  drawn.pixels = encode_and_decode(encoder, decoder, drawn, labels, device);
  return drawn;
}

GreyImage picture_of(const DrawnImages& drawn) {
  const auto n = static_cast<std::size_t>(drawn.count);
  const auto height = static_cast<std::size_t>(drawn.height);
  const auto width = static_cast<std::size_t>(drawn.width), size = height * width;
  if (drawn.originals.empty()) {
    return tile_images(unit_to_bytes(drawn.pixels), n, height, width);
  }
  GridOptions grid;
  grid.columns = std::min<std::size_t>(n, 10);
  std::vector<std::uint8_t> rows;
  for (std::size_t first = 0; first < n; first += grid.columns) {
    const std::size_t in_row = std::min(grid.columns, n - first);
    for (const std::vector<float>* images : {&drawn.originals, &drawn.pixels}) {
      const std::vector<std::uint8_t> bytes =
          unit_to_bytes(std::span(*images).subspan(first * size, in_row * size));
      rows.insert(rows.end(), bytes.begin(), bytes.end());
      rows.insert(rows.end(), (grid.columns - in_row) * size, grid.background);  // empty cells
    }
  }
  return tile_images(rows, rows.size() / size, height, width, grid);
}

}  // namespace kiln::apps
