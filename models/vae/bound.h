// SPDX-License-Identifier: MIT
// The importance-weighted bound on an image's log-likelihood (Burda, Grosse, Salakhutdinov 2016,
// eq. 8), on images as Vae takes them:
//   L_k = E[ log 1/k sum_{i<=k} p(x, z_i) / q(z_i | x) ],  z_i from q(z | x)
// L_1 is the ELBO, L_k rises with k, and its limit is log p(x).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/rng.h"
#include "engine/tensor.h"

namespace kiln::models {

class Vae;

// Its parts, differentiable to any order. Of k draws of z for each of n images there are k n rows:
// the first draw's n, then the second's.

// log p(z) - log q(z | x) of each row of z = gaussian_sample(parameters, noise): (rows).
Tensor log_prior_ratio(const Tensor& parameters, const Tensor& noise, const Tensor& z);
// The mean over the images of -log 1/k sum_i w_i, for log w (k, n): its gradient is that of the
// log-weights by the normalised weights (eq. 13 and 14).
Tensor importance_weighted_loss(const Tensor& log_weights);

// -L_k of each of the images, in nats, by one draw of k = num_samples latent
// vectors an image. The images are taken as they are: binarised ones for a Bernoulli likelihood
// that is one. Nothing, and early, once `stop` says so. Errors: no samples.
std::vector<double> importance_weighted_bound(
    Vae& vae, const Tensor& images, std::int64_t num_samples, Rng& rng,
    const std::function<bool()>& stop = [] { return false; });

}  // namespace kiln::models
