// SPDX-License-Identifier: MIT
#include "models/latent_path.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "engine/nn/categorical_latents.h"
#include "engine/rng.h"
#include "models/draw.h"

namespace kiln::models {
namespace {

using Vector = std::vector<float>;

Vector on_circle(const Vector& a, const Vector& b, double t) {
  const auto dot = [](const Vector& x, const Vector& y) {
    return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
  };
  const double cosine = dot(a, b) / std::sqrt(dot(a, a) * dot(b, b));
  const double angle = std::acos(std::clamp(cosine, -1.0, 1.0));
  const bool parallel = std::sin(angle) < 1e-6;
  const double from = parallel ? 1 - t : std::sin((1 - t) * angle) / std::sin(angle);
  const double to = parallel ? t : std::sin(t * angle) / std::sin(angle);
  Vector z;
  for (std::size_t j = 0; j < a.size(); ++j) {
    z.push_back(static_cast<float>(from * a[j] + to * b[j]));
  }
  return z;
}

}  // namespace

std::vector<float> images_between(const LoadedNetwork& generator, std::uint64_t from,
                                  std::uint64_t to, std::int64_t count,
                                  std::optional<std::int64_t> label, Device device) {
  const std::int64_t size = latent_size(generator);
  const std::int64_t categories = generator.network->layers().front().categories;
  const Tensor start = Rng(from, device).normal({1, size}), end = Rng(to, device).normal({1, size});
  const Vector a = start.to_host<float>(), b = end.to_host<float>();
  Vector path;
  std::vector<double> shares;  // of the end
  for (std::int64_t i = 0; i < count; ++i) {
    shares.push_back(count == 1 ? 0 : static_cast<double>(i) / static_cast<double>(count - 1));
    const Vector z = on_circle(a, b, shares.back());
    path.insert(path.end(), z.begin(), z.end());
  }
  const auto images = [&](std::size_t first_layer) {
    return images_of(generator, Tensor::from_host(path, {count, size}, device), label, first_layer);
  };
  if (categories == 0) return images(0);

  nn::CategoricalLatents code(categories);
  const Vector from_code = code(start).to_host<float>(), to_code = code(end).to_host<float>();
  for (std::size_t i = 0; i < shares.size(); ++i) {
    for (std::size_t k = 0; k < static_cast<std::size_t>(categories); ++k) {
      path[i * a.size() + k] =
          static_cast<float>((1 - shares[i]) * from_code[k] + shares[i] * to_code[k]);
    }
  }
  return images(1);  // past the layer that chooses
}

}  // namespace kiln::models
