// SPDX-License-Identifier: MIT
#include "models/vae/bound.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/autograd/grad_mode.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/concat.h"
#include "engine/ops/gaussian.h"
#include "engine/ops/log_sum_exp.h"
#include "engine/ops/reduce.h"
#include "engine/ops/rows.h"
#include "models/vae/vae.h"

namespace kiln::models {
namespace {

// log sum exp of a stream of numbers, kept as its largest and the sum relative to that.
class LogSumExp {
 public:
  void add(double x) {
    if (x > largest_) {
      sum_ = sum_ * std::exp(largest_ - x) + 1;
      largest_ = x;
    } else {
      sum_ += std::exp(x - largest_);
    }
  }
  double value() const { return largest_ + std::log(sum_); }

 private:
  double largest_ = -std::numeric_limits<double>::infinity();
  double sum_ = 0;
};

}  // namespace

// (|noise|^2 - |z|^2 + sum of log-variances) / 2
Tensor log_prior_ratio(const Tensor& parameters, const Tensor& noise, const Tensor& z) {
  const std::int64_t latent = z.dim(1);
  const Tensor log_variances = row_sum(columns(parameters, latent, latent));
  return (log_variances + row_sum(square(noise) - square(z))) / 2;
}

Tensor importance_weighted_loss(const Tensor& log_weights) {
  return std::log(static_cast<double>(log_weights.dim(0))) - mean(column_log_sum_exp(log_weights));
}

std::vector<double> importance_weighted_bound(Vae& vae, const Tensor& images,
                                              std::int64_t num_samples, Rng& rng,
                                              const std::function<bool()>& stop) {
  constexpr std::int64_t kChunk = 1000;
  if (num_samples < 1) throw Error("[importance_weighted_bound] the number of samples is below 1");
  const NoGradGuard no_grad;
  const std::int64_t n = images.dim(0), width = images.dim(1), latent = vae.recipe().latent_size;
  std::vector<double> bounds;
  for (std::int64_t first = 0; first < n; first += kChunk) {
    const std::int64_t rows = std::min(kChunk, n - first);
    const Tensor chunk = images.slice(first * width, {rows, width});
    const Tensor parameters = vae.encode(chunk);
    std::vector<LogSumExp> weights(static_cast<std::size_t>(rows));
    for (std::int64_t i = 0; i < num_samples; ++i) {
      if (stop()) return {};
      const Tensor noise = rng.normal({rows, latent});
      const Tensor z = gaussian_sample(parameters, noise);
      const Tensor log_weight =
          vae.log_likelihoods(chunk, z) + log_prior_ratio(parameters, noise, z);
      const std::vector<float> values = log_weight.to_host<float>();
      for (std::size_t row = 0; row < values.size(); ++row) {
        weights[row].add(static_cast<double>(values[row]));
      }
    }
    for (const LogSumExp& weight : weights) {
      bounds.push_back(std::log(static_cast<double>(num_samples)) - weight.value());
    }
  }
  return bounds;
}

}  // namespace kiln::models
