// SPDX-License-Identifier: MIT
// Draws images from a trained generator.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "apps/command_line.h"
#include "engine/autograd/grad_mode.h"
#include "engine/io/idx.h"
#include "engine/io/image_grid.h"
#include "engine/io/npy.h"
#include "engine/io/png.h"
#include "engine/rng.h"
#include "models/mlp_file.h"

namespace {

using namespace kiln;
using apps::not_empty, apps::whole_number;

struct Options {
  std::filesystem::path model;
  std::filesystem::path out;
  std::int64_t count = 100;
  std::uint64_t seed = 1;
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
  app.add_option("--n", options.count, "Number of images")
      ->check(whole_number(1, 1000000))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Equal seeds give equal images")
      ->check(whole_number(0, apps::kMaxSeed))
      ->capture_default_str();
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

// Whole chunks are drawn whatever the count: image i depends on the seed alone.
std::vector<float> draw(models::Mlp& generator, std::int64_t count, std::uint64_t seed,
                        Device device) {
  constexpr std::int64_t kChunk = 256;
  const NoGradGuard no_grad;
  Rng rng(seed, device);
  std::vector<float> pixels;
  pixels.reserve(static_cast<std::size_t>(count * generator.outputs()));
  for (std::int64_t done = 0; done < count; done += kChunk) {
    const Tensor images = generator(rng.normal({kChunk, generator.inputs()}));
    const std::int64_t wanted = std::min(kChunk, count - done);
    const auto chunk = images.slice(0, {wanted, generator.outputs()}).to_host<float>();
    pixels.insert(pixels.end(), chunk.begin(), chunk.end());
  }
  return pixels;
}

int generate(const Options& options) {
  const Format format = format_of(options.out);
  set_num_threads(options.threads);
  const Device device = Device::from_name(options.device);
  const auto [generator, info] = models::load_mlp(options.model, device);
  if (info.role != "generator") {
    throw Error(options.model.string() + ": its role is '" + info.role + "', not 'generator'");
  }
  const auto n = static_cast<std::size_t>(options.count);
  const auto height = static_cast<std::size_t>(info.image_shape[0]);
  const auto width = static_cast<std::size_t>(info.image_shape[1]);
  const std::vector<float> pixels = draw(*generator, options.count, options.seed, device);
  for (const float pixel : pixels) {
    if (!(pixel >= 0 && pixel <= 1)) {  // also NaN
      throw Error(fmt::format("{}: draws a pixel of value {}, outside [0, 1]",
                              options.model.string(), pixel));
    }
  }
  if (format == Format::npy) {
    write_npy(options.out, pixels, std::vector<std::size_t>{n, height, width});
  } else if (format == Format::png) {
    write_png(options.out, tile_images(unit_to_bytes(pixels), n, height, width));
  } else {
    write_idx_images(options.out, {n, height, width, unit_to_bytes(pixels)});
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
  return apps::run(app, argc, argv, [&] { return generate(options); });
}
