// SPDX-License-Identifier: MIT
// The importance-weighted bound on an image's log-likelihood (Burda, Grosse, Salakhutdinov 2016,
// eq. 8):
//   L_k = E[ log 1/k sum_{i<=k} p(x, z_i) / q(z_i | x) ],  z_i from q(z | x)
// L_1 is the ELBO, L_k rises with k, and its limit is log p(x).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/rng.h"
#include "engine/tensor.h"

namespace kiln::models {

class Vae;

// -L_k of each image of (n, image_size), in nats, by one draw of k = num_samples latent vectors an
// image. The images are taken as they are: binarised ones for a Bernoulli likelihood that is one.
// Errors: no samples.
std::vector<double> importance_weighted_bound(Vae& vae, const Tensor& images,
                                              std::int64_t num_samples, Rng& rng);

}  // namespace kiln::models
