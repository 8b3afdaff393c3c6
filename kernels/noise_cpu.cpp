// SPDX-License-Identifier: MIT
// Whole blocks are computed whatever n is: an element's bits do not depend on how many follow it.
#include <algorithm>
#include <cmath>

#include "kernels/float_math.h"
#include "kernels/noise.h"
#include "kernels/parallel_cpu.h"
#include "kernels/philox.h"

namespace kiln::kernels {
namespace {

constexpr std::int64_t kBlockQuads = 64;
constexpr std::int64_t kBlock = 4 * kBlockQuads;

// What follows stays out of the loop that calls it (parallel_cpu.h): within it, it is slower.

// The words of kBlockQuads quads from `first` on. Round by round, for the quads are independent and
// become vector instructions.
[[gnu::noinline]] void draw_words(std::uint64_t seed, std::uint64_t draw, std::uint64_t first,
                                  std::uint32_t* words) {
  std::uint32_t part[4][kBlockQuads];
  for (std::int64_t q = 0; q < kBlockQuads; ++q) {
    const PhiloxWords counter = philox_counter(draw, first + static_cast<std::uint64_t>(q));
    for (int i = 0; i < 4; ++i) part[i][q] = counter[static_cast<std::size_t>(i)];
  }
  for (std::uint32_t round = 0; round < kPhiloxRounds; ++round) {
#pragma omp simd
    for (std::int64_t q = 0; q < kBlockQuads; ++q) {
      const PhiloxWords next =
          philox_round({part[0][q], part[1][q], part[2][q], part[3][q]}, seed, round);
      part[0][q] = next[0];
      part[1][q] = next[1];
      part[2][q] = next[2];
      part[3][q] = next[3];
    }
  }
  for (std::int64_t q = 0; q < kBlockQuads; ++q) {
    for (std::int64_t i = 0; i < 4; ++i) words[4 * q + i] = part[i][q];
  }
}

// curand_uniform: (0, 1].
[[gnu::noinline]] void to_uniform(const std::uint32_t* words, float* out) {
  constexpr float kScale = 2.3283064e-10f;  // 2^-32
  for (std::int64_t i = 0; i < kBlock; ++i) {
    out[i] = static_cast<float>(words[i]) * kScale + kScale / 2;
  }
}

// curand_normal4: Box-Muller on the word pairs (0,1) and (2,3), sine first.
[[gnu::noinline]] void to_normal(const std::uint32_t* words, float* out) {
  constexpr float kScale = 2.3283064e-10f;        // 2^-32
  constexpr float kTwoPiScale = 1.46291807e-09f;  // 2^-32 * 2 pi
  constexpr std::int64_t kPairs = kBlock / 2;
  for (std::int64_t i = 0; i < kPairs; ++i) {
    const float u = static_cast<float>(words[2 * i]) * kScale + kScale / 2;
    const float v = static_cast<float>(words[2 * i + 1]) * kTwoPiScale + kTwoPiScale / 2;
    const float radius = std::sqrt(-2.0f * float_math::log(u));
    const float_math::SinCos angle = float_math::sin_cos(v);
    out[2 * i] = radius * angle.sin;
    out[2 * i + 1] = radius * angle.cos;
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
      draw_words(seed, counter, static_cast<std::uint64_t>(block * kBlockQuads), words);
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
