// SPDX-License-Identifier: MIT
#include "kernels/gaussian_sample.h"
#include "kernels/scalar_math.h"

namespace kiln::kernels {

// One thread: a step samples a few thousand numbers.
template <class T>
void gaussian_sample(CpuStream, const GaussianSample<T>& args, T* z) {
  const std::int64_t latent = args.latent;
  for (std::int64_t i = 0; i < args.rows; ++i) {
    const T* const mean = args.parameters + i * 2 * latent;
    for (std::int64_t j = 0; j < latent; ++j) {
      const std::int64_t at = i * latent + j;
      z[at] = mean[j] + args.noise[at] * exp(mean[latent + j] / 2);
    }
  }
}

template <class T>
void gaussian_sample_backward(CpuStream, const GaussianSample<T>& args, const T* dz,
                              T* d_parameters, bool accumulate) {
  const std::int64_t latent = args.latent;
  for (std::int64_t i = 0; i < args.rows; ++i) {
    const T* const log_variance = args.parameters + i * 2 * latent + latent;
    T* const d_mean = d_parameters + i * 2 * latent;
    for (std::int64_t j = 0; j < latent; ++j) {
      const std::int64_t at = i * latent + j;
      const T d_log_variance = dz[at] * args.noise[at] * exp(log_variance[j] / 2) / 2;
      d_mean[j] = accumulate ? d_mean[j] + dz[at] : dz[at];
      d_mean[latent + j] = accumulate ? d_mean[latent + j] + d_log_variance : d_log_variance;
    }
  }
}

#define KILN_INSTANTIATE(T)                                               \
  template void gaussian_sample(CpuStream, const GaussianSample<T>&, T*); \
  template void gaussian_sample_backward(CpuStream, const GaussianSample<T>&, const T*, T*, bool);
KILN_INSTANTIATE(float)
KILN_INSTANTIATE(double)
#undef KILN_INSTANTIATE

}  // namespace kiln::kernels
