// SPDX-License-Identifier: MIT
// A sample of a diagonal Gaussian by its parameters (Kingma and Welling 2014, section 2.4), for
// `parameters` (rows, 2 latent): the means of a row, then its log-variances.
//   forward   z = mean + noise * exp(log_variance / 2)                     z, noise (rows, latent)
//   backward  d mean = dz,  d log_variance = dz * noise * exp(log_variance / 2) / 2
// or parameter gradients += ... if accumulate.
#pragma once

#include <cstdint>

#include "kernels/stream.h"

namespace kiln::kernels {

template <class T>
struct GaussianSample {
  const T* parameters = nullptr;
  const T* noise = nullptr;
  std::int64_t rows = 0;
  std::int64_t latent = 0;
};

template <class T>
void gaussian_sample(CpuStream stream, const GaussianSample<T>& args, T* z);
void gaussian_sample(CudaStream stream, const GaussianSample<float>& args, float* z);

template <class T>
void gaussian_sample_backward(CpuStream stream, const GaussianSample<T>& args, const T* dz,
                              T* d_parameters, bool accumulate);
void gaussian_sample_backward(CudaStream stream, const GaussianSample<float>& args, const float* dz,
                              float* d_parameters, bool accumulate);

}  // namespace kiln::kernels
