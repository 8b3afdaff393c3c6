// SPDX-License-Identifier: MIT
#include "engine/data/random_affine.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "engine/rng.h"
#include "kernels/error.h"
#include "kernels/parallel_cpu.h"

namespace kiln {
namespace {

// Evenly from [-1, 1).
double draw(std::uint64_t seed, std::uint64_t purpose) {
  return static_cast<double>(derive_seed(seed, purpose) >> 11) * 0x1p-52 - 1;
}

// Where in the source a pixel of the moved image comes from: (x, y) -> (a x - b y + c, b x + a y +
// d).
struct Source {
  double a, b, c, d;

  Source(const RandomAffine& options, double width, double height, std::uint64_t seed) {
    const double angle = options.degrees * std::numbers::pi / 180 * draw(seed, 0);
    const double size = 1 + options.scale * draw(seed, 1);
    a = std::cos(angle) / size;
    b = std::sin(angle) / size;
    const double centre_x = (width - 1) / 2, centre_y = (height - 1) / 2;
    const double from_x = centre_x + options.shift * draw(seed, 2);
    const double from_y = centre_y + options.shift * draw(seed, 3);
    c = centre_x - a * from_x + b * from_y;
    d = centre_y - b * from_x - a * from_y;
  }
};

struct Picture {
  const std::uint8_t* pixels;
  std::int64_t height, width;

  double at(std::int64_t x, std::int64_t y) const {
    return x < 0 || y < 0 || x >= width || y >= height ? 0 : pixels[y * width + x];
  }
  std::uint8_t between(double x, double y) const {
    const double left = std::floor(x), top = std::floor(y);
    const double right_share = x - left, bottom_share = y - top;
    const auto i = static_cast<std::int64_t>(left), j = static_cast<std::int64_t>(top);
    const double upper = at(i, j) + right_share * (at(i + 1, j) - at(i, j));
    const double lower = at(i, j + 1) + right_share * (at(i + 1, j + 1) - at(i, j + 1));
    return static_cast<std::uint8_t>(std::lround(upper + bottom_share * (lower - upper)));
  }
};

void check(const IdxImages& images, const RandomAffine& options) {
  for (const double value : {options.shift, options.degrees, options.scale}) {
    if (!(value >= 0) || !std::isfinite(value)) {
      throw Error(fmt::format("[random_affine] {} is not a number of at least 0", value));
    }
  }
  if (options.scale >= 1) {
    throw Error(fmt::format("[random_affine] scale {} is not below 1", options.scale));
  }
  if (images.pixels.size() != images.count * images.height * images.width) {
    throw Error(fmt::format("[random_affine] {} pixels are not {} images of {}x{}",
                            images.pixels.size(), images.count, images.width, images.height));
  }
}

}  // namespace

std::vector<std::uint8_t> random_affine(const IdxImages& images, const RandomAffine& options,
                                        std::uint64_t seed) {
  check(images, options);
  const auto height = static_cast<std::int64_t>(images.height);
  const auto width = static_cast<std::int64_t>(images.width);
  std::vector<std::uint8_t> moved(images.pixels.size());
  const auto count = static_cast<std::int64_t>(images.count);
  kernels::parallel_for(count, 64, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t image = begin; image < end; ++image) {
      const Source source(options, static_cast<double>(width), static_cast<double>(height),
                          derive_seed(seed, static_cast<std::uint64_t>(image)));
      const std::int64_t offset = image * height * width;
      const Picture picture{images.pixels.data() + offset, height, width};
      std::uint8_t* out = moved.data() + offset;
      for (std::int64_t row = 0; row < height; ++row) {
        const auto y = static_cast<double>(row);
        for (std::int64_t column = 0; column < width; ++column) {
          const auto x = static_cast<double>(column);
          *out++ = picture.between(source.a * x - source.b * y + source.c,
                                   source.b * x + source.a * y + source.d);
        }
      }
    }
  });
  return moved;
}

}  // namespace kiln
