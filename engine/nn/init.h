// SPDX-License-Identifier: MIT
// How the weights of a layer with n inputs start.
//   fan_in_uniform  weight and bias uniform in +-1/sqrt(n): PyTorch's default for linear layers
//   he_normal       weight normal with variance 2/n, bias 0: keeps the variance of what a ReLU
//                   layer passes on (He et al. 2015)
//   lecun_normal    weight normal with variance 1/n, bias 0: the same without a ReLU (LeCun et al.
//                   1998)
//   dcgan_normal    weight normal with deviation 0.02, bias 0 (Radford et al. 2016)
#pragma once

#include <cstdint>

#include "engine/tensor.h"

namespace kiln {
class Rng;
}

namespace kiln::nn {

enum class Init { fan_in_uniform, he_normal, lecun_normal, dcgan_normal };

// A weight or, with `is_bias`, a bias of `shape`, for a layer with `in_features` inputs. `rng`
// is a CPU stream: every device starts from the same bits.
Tensor initial_values(Init init, Shape shape, std::int64_t in_features, bool is_bias, Rng& rng,
                      Device device);

}  // namespace kiln::nn
