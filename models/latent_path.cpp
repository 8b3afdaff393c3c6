// SPDX-License-Identifier: MIT
#include "models/latent_path.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
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

// What a CategoricalLatents layer makes of these numbers, without its scale.
std::vector<double> shares(std::span<const float> chosen_by) {
  const double largest = *std::max_element(chosen_by.begin(), chosen_by.end());
  std::vector<double> shares;
  for (const float x : chosen_by) {
    shares.push_back(std::exp(nn::CategoricalLatents::kSharpness * (x - largest)));
  }
  const double total = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share /= total;
  return shares;
}

}  // namespace

Tensor latent_path(const LoadedNetwork& generator, std::uint64_t from, std::uint64_t to,
                   std::int64_t count, Device device) {
  const std::int64_t size = latent_size(generator);
  const auto categories = static_cast<std::size_t>(generator.network->layers().front().categories);
  const Vector a = Rng(from, device).normal({1, size}).to_host<float>();
  const Vector b = Rng(to, device).normal({1, size}).to_host<float>();
  Vector path;
  for (std::int64_t i = 0; i < count; ++i) {
    const double t = count == 1 ? 0 : static_cast<double>(i) / static_cast<double>(count - 1);
    Vector z = on_circle(a, b, t);
    if (categories > 0) {
      const auto of_a = shares(std::span(a).first(categories));
      const auto of_b = shares(std::span(b).first(categories));
      for (std::size_t k = 0; k < categories; ++k) {
        const double share = std::max((1 - t) * of_a[k] + t * of_b[k], 1e-30);
        z[k] = static_cast<float>(std::log(share) / nn::CategoricalLatents::kSharpness);
      }
    }
    path.insert(path.end(), z.begin(), z.end());
  }
  return Tensor::from_host(path, {count, size}, device);
}

}  // namespace kiln::models
