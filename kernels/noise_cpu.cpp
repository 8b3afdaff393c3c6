// SPDX-License-Identifier: MIT
// Built with -ffast-math, so that log, sin and cos become the vector functions of libmvec; no input
// here is infinite or NaN. Whole blocks are computed whatever n is: an element's bits do not depend
// on how many follow it.
#include <algorithm>
#include <cmath>

#include "kernels/noise.h"
#include "kernels/parallel_cpu.h"
#include "kernels/philox.h"

namespace kiln::kernels {
namespace {

constexpr std::int64_t kBlockQuads = 64;
constexpr std::int64_t kBlock = 4 * kBlockQuads;

// curand_uniform: (0, 1].
void to_uniform(const std::uint32_t* words, float* out) {
  constexpr float kScale = 2.3283064e-10f;  // 2^-32
  for (std::int64_t i = 0; i < kBlock; ++i) {
    out[i] = static_cast<float>(words[i]) * kScale + kScale / 2;
  }
}

// curand_normal4: Box-Muller on the word pairs (0,1) and (2,3), sine first.
void to_normal(const std::uint32_t* words, float* out) {
  constexpr float kScale = 2.3283064e-10f;        // 2^-32
  constexpr float kTwoPiScale = 1.46291807e-09f;  // 2^-32 * 2 pi
  constexpr std::int64_t kPairs = kBlock / 2;
  float radius[kPairs], sine[kPairs], cosine[kPairs];
#pragma omp simd
  for (std::int64_t i = 0; i < kPairs; ++i) {
    const float u = static_cast<float>(words[2 * i]) * kScale + kScale / 2;
    radius[i] = std::sqrt(-2.0f * std::log(u));
  }
#pragma omp simd
  for (std::int64_t i = 0; i < kPairs; ++i) {
    const float v = static_cast<float>(words[2 * i + 1]) * kTwoPiScale + kTwoPiScale / 2;
    sine[i] = std::sin(v);
    cosine[i] = std::cos(v);
  }
  for (std::int64_t i = 0; i < kPairs; ++i) {
    out[2 * i] = radius[i] * sine[i];
    out[2 * i + 1] = radius[i] * cosine[i];
  }
}

template <class T, class Transform>
void draw(std::uint64_t seed, std::uint64_t* state, T* out, std::int64_t n, Transform transform) {
  const std::uint64_t counter = (*state)++;
  const std::int64_t blocks = (n + kBlock - 1) / kBlock;
  parallel_for(blocks, 16, [=](std::int64_t first, std::int64_t last) {
    for (std::int64_t block = first; block < last; ++block) {
      alignas(64) std::uint32_t words[kBlock];
      alignas(64) float values[kBlock];
      for (std::int64_t q = 0; q < kBlockQuads; ++q) {
        const PhiloxWords quad =
            philox_quad(seed, counter, static_cast<std::uint64_t>(block * kBlockQuads + q));
        std::copy(quad.begin(), quad.end(), words + 4 * q);
      }
      transform(words, values);
      const std::int64_t begin = block * kBlock;
      std::copy_n(values, std::min(kBlock, n - begin), out + begin);
    }
  });
}

}  // namespace

template <class T>
void random_uniform(CpuStream, std::uint64_t seed, std::uint64_t* counter, T* out, std::int64_t n) {
  draw(seed, counter, out, n, to_uniform);
}

template <class T>
void random_normal(CpuStream, std::uint64_t seed, std::uint64_t* counter, T* out, std::int64_t n) {
  draw(seed, counter, out, n, to_normal);
}

#define KILN_INSTANTIATE(T)                                                                 \
  template void random_uniform(CpuStream, std::uint64_t, std::uint64_t*, T*, std::int64_t); \
  template void random_normal(CpuStream, std::uint64_t, std::uint64_t*, T*, std::int64_t);
KILN_INSTANTIATE(float)
KILN_INSTANTIATE(double)
#undef KILN_INSTANTIATE

}  // namespace kiln::kernels
