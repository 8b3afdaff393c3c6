// SPDX-License-Identifier: MIT
// gaussian_sample.h on CUDA: a thread an element of z.
#include "kernels/elementwise.cuh"
#include "kernels/gaussian_sample.h"
#include "kernels/launch.h"

namespace kiln::kernels {

// ---- kernels

// Where the mean of element i of z lies among the parameters; its log-variance is `latent` further.
__device__ __forceinline__ std::int64_t mean_of(std::int64_t i, std::int64_t latent) {
  return i + i / latent * latent;
}

__global__ void gaussian_sample_kernel(GaussianSample<float> args, float* z) {
  const std::int64_t n = args.rows * args.latent;
  for (std::int64_t i = grid_thread(); i < n; i += grid_threads()) {
    const float* const mean = args.parameters + mean_of(i, args.latent);
    z[i] = mean[0] + args.noise[i] * expf(mean[args.latent] / 2);
  }
}

__global__ void gaussian_sample_backward_kernel(GaussianSample<float> args, const float* dz,
                                                float* d_parameters, bool accumulate) {
  const std::int64_t n = args.rows * args.latent;
  for (std::int64_t i = grid_thread(); i < n; i += grid_threads()) {
    const std::int64_t mean = mean_of(i, args.latent);
    const std::int64_t log_variance = mean + args.latent;
    float d_mean = dz[i];
    float d_log_variance = dz[i] * args.noise[i] * expf(args.parameters[log_variance] / 2) / 2;
    if (accumulate) {
      d_mean += d_parameters[mean];
      d_log_variance += d_parameters[log_variance];
    }
    d_parameters[mean] = d_mean;
    d_parameters[log_variance] = d_log_variance;
  }
}

// ---- launchers

void gaussian_sample(CudaStream stream, const GaussianSample<float>& args, float* z) {
  const std::int64_t n = args.rows * args.latent;
  if (n == 0) return;
  launch("gaussian_sample", gaussian_sample_kernel, blocks_for(n), kBlockSize, 0, stream, args, z);
}

void gaussian_sample_backward(CudaStream stream, const GaussianSample<float>& args, const float* dz,
                              float* d_parameters, bool accumulate) {
  const std::int64_t n = args.rows * args.latent;
  if (n == 0) return;
  launch("gaussian_sample_backward", gaussian_sample_backward_kernel, blocks_for(n), kBlockSize, 0,
         stream, args, dz, d_parameters, accumulate);
}

}  // namespace kiln::kernels
