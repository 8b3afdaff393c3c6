// SPDX-License-Identifier: MIT
// Draws images from a trained generator.
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "apps/command_line.h"
#include "apps/reconstruction.h"
#include "engine/io/idx.h"
#include "engine/io/image_grid.h"
#include "engine/io/npy.h"
#include "engine/io/png.h"
#include "models/draw.h"
#include "models/latent_path.h"

namespace {

using namespace kiln;
using apps::not_empty, apps::whole_number;

struct Options {
  std::filesystem::path model;
  std::filesystem::path out;
  models::DrawSettings draw;
  std::vector<std::uint64_t> interpolate;      // two seeds, or none
  apps::ReconstructionOptions reconstruction;  // where it names images
  std::string device = "auto";
  int threads = 0;
};

void add_options(CLI::App& app, Options& options) {
  apps::take_last_option(app);
  app.add_option("--model", options.model, "generator.safetensors of a training run")
      ->check(not_empty())
      ->required();
  app.add_option("--out", options.out,
                 "*.png: a grid; *.npy: float32 (n, height, width) in [0, 1]; "
                 "*-idx3-ubyte or *-idx3-ubyte.gz: bytes in MNIST's format")
      ->check(not_empty())
      ->required();
  app.add_option("--n", options.draw.count,
                 "Number of images; with --reconstruct, all of the file up to 100")
      ->check(whole_number(1, 1000000))
      ->capture_default_str();
  app.add_option("--seed", options.draw.seed, "Equal seeds give equal images")
      ->check(whole_number(0, apps::kMaxSeed))
      ->capture_default_str();
  app.add_option("--label", options.draw.label, "Class to draw, of a conditional model")
      ->check(whole_number(0, 1000000));
  app.add_option("--truncation", options.draw.truncation,
                 "Draw latent numbers of a larger magnitude again: fewer odd images, less variety; "
                 "0: do not")
      ->check(not_empty());
  CLI::Option* const interpolate =
      app.add_option("--interpolate", options.interpolate,
                     "Two seeds: n images on the way from one's first image to the other's")
          ->expected(2)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
          ->check(whole_number(0, apps::kMaxSeed));
  for (const char* other : {"--seed", "--truncation"}) interpolate->excludes(other);
  CLI::Option* const reconstruct =
      app.add_option(
             "--reconstruct", options.reconstruction.images,
             "Instead of drawing, give these images again, of an IDX or .npy file, by a VAE "
             "and its encoder; a .png shows both, in alternating rows")
          ->check(not_empty());
  for (const char* other : {"--seed", "--label", "--truncation", "--interpolate"}) {
    reconstruct->excludes(other);
  }
  app.add_option("--encoder", options.reconstruction.encoder,
                 "Of --reconstruct (default: encoder.safetensors in the model's folder)")
      ->check(not_empty())
      ->needs(reconstruct);
  app.add_option("--labels", options.reconstruction.labels,
                 "Of --reconstruct: the images' labels, an IDX file, for a conditional model")
      ->check(not_empty())
      ->needs(reconstruct);
  app.add_option("--device", options.device, "auto (the GPU where there is one), cpu or cuda")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "CPU threads (default: one a core)")
      ->check(whole_number(1, 1024));
  app.set_version_flag("--version", "generate " KILN_VERSION);
}

enum class Format { png, npy, idx };

Format format_of(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  if (name.ends_with(".png")) return Format::png;
  if (name.ends_with(".npy")) return Format::npy;
  if (name.ends_with("-idx3-ubyte") || name.ends_with("-idx3-ubyte.gz")) return Format::idx;
  throw Error(path.string() + ": the name must end in .png, .npy, -idx3-ubyte or -idx3-ubyte.gz");
}

std::vector<float> interpolate(const models::LoadedNetwork& generator, const Options& options,
                               Device device) {
  if (options.interpolate.size() != 2) throw Error("--interpolate takes two seeds");
  const auto label = generator.info.classes > 0 ? std::optional(options.draw.label.value_or(0))
                                                : options.draw.label;
  return models::images_between(generator, options.interpolate[0], options.interpolate[1],
                                options.draw.count, label, device);
}

apps::DrawnImages draw(const Options& options, Device device) {
  const models::LoadedNetwork generator = models::load_network(options.model, device);
  const std::vector<std::int64_t>& shape = generator.info.image_shape;
  try {
    return {options.draw.count,
            shape[0],
            shape[1],
            options.interpolate.empty() ? models::draw_images(generator, options.draw, device)
                                        : interpolate(generator, options, device),
            {}};
  } catch (const Error& error) {
    throw Error(options.model.string() + ": " + error.what());
  }
}

int generate(const Options& options) {
  const Format format = format_of(options.out);
  require_writable(options.out);
  set_num_threads(options.threads);
  const Device device = Device::from_name(options.device);
  const apps::DrawnImages drawn =
      options.reconstruction.images.empty()
          ? draw(options, device)
          : apps::reconstruct(options.model, options.reconstruction, device);
  const auto n = static_cast<std::size_t>(drawn.count);
  const auto height = static_cast<std::size_t>(drawn.height);
  const auto width = static_cast<std::size_t>(drawn.width);
  if (format == Format::npy) {
    write_npy(options.out, drawn.pixels, std::vector<std::size_t>{n, height, width});
  } else if (format == Format::png) {
    write_png(options.out, picture_of(drawn));
  } else {
    write_idx_images(options.out, {n, height, width, unit_to_bytes(drawn.pixels)});
  }
  apps::print(
      fmt::format("Wrote {} images of {}x{} to {}\n", n, width, height, options.out.string()));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Draws images from a trained generator.", "generate");
  Options options;
  add_options(app, options);
  return apps::run(app, argc, argv, [&] {
    if (app.count("--n") > 0) options.reconstruction.count = options.draw.count;
    return generate(options);
  });
}
