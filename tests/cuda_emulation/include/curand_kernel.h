// SPDX-License-Identifier: MIT
// The CUDA header of this name, for the Philox4x32-10 generator: the same state, the same numbers.
// Reference: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011; the mapping of
// bits to uniform and normal numbers is cuRAND's. Normals agree with a GPU's up to the rounding of
// its __sincosf.
#pragma once

#include <cmath>
#include <cstdint>

#include "cuda_emulation/qualifiers.h"
#include "cuda_emulation/vector_types.h"

struct curandStatePhilox4_32_10 {
  uint4 ctr;           // counts blocks of four numbers
  uint4 output;        // the block that the counter names
  uint2 key;           // the seed
  unsigned int STATE;  // how many numbers of `output` were taken
  int boxmuller_flag;
  int boxmuller_flag_double;
  float boxmuller_extra;
  double boxmuller_extra_double;
};
using curandStatePhilox4_32_10_t = curandStatePhilox4_32_10;

namespace cuda_emulation {

inline uint4 philox_round(uint4 c, uint2 k) {
  const std::uint64_t a = std::uint64_t{0xD2511F53u} * c.x, b = std::uint64_t{0xCD9E8D57u} * c.z;
  const auto high = [](std::uint64_t v) { return static_cast<unsigned>(v >> 32); };
  const auto low = [](std::uint64_t v) { return static_cast<unsigned>(v); };
  return {high(b) ^ c.y ^ k.x, low(b), high(a) ^ c.w ^ k.y, low(a)};
}

/// counter += n, from word `first` (0 or 2) of the four upwards; n fills two words.
inline void philox_advance(uint4& counter, unsigned long long n, int first = 0) {
  unsigned int* word[4] = {&counter.x, &counter.y, &counter.z, &counter.w};
  unsigned long long carry = 0;
  for (int i = first; i < 4; ++i) {
    const unsigned long long part = i - first == 0 ? n & 0xffffffffu : i - first == 1 ? n >> 32 : 0;
    const unsigned long long sum = *word[i] + part + carry;
    *word[i] = static_cast<unsigned int>(sum);
    carry = sum >> 32;
  }
}

inline constexpr float two_to_minus_32 = 2.3283064e-10f;

inline float uniform_from_bits(unsigned int x) {
  return static_cast<float>(x) * two_to_minus_32 + two_to_minus_32 / 2.0f;
}

/// Box-Muller: two bit strings to two independent normal numbers.
inline float2 normal_from_bits(unsigned int x, unsigned int y) {
  constexpr float step = two_to_minus_32 * 6.2831855f;
  const float u = static_cast<float>(x) * two_to_minus_32 + two_to_minus_32 / 2;
  const float v = static_cast<float>(y) * step + step / 2;
  const float radius = sqrtf(-2.0f * logf(u));
  return {sinf(v) * radius, cosf(v) * radius};
}

}  // namespace cuda_emulation

/// The generator's bijection: ten rounds.
inline uint4 curand_Philox4x32_10(uint4 counter, uint2 key) {
  for (int round = 0; round < 10; ++round) {
    counter = cuda_emulation::philox_round(counter, key);
    key.x += 0x9E3779B9u;
    key.y += 0xBB67AE85u;
  }
  return counter;
}

/// Skips n numbers.
inline void skipahead(unsigned long long n, curandStatePhilox4_32_10_t* state) {
  state->STATE += static_cast<unsigned int>(n & 3);
  n /= 4;
  if (state->STATE > 3) {
    ++n;
    state->STATE -= 4;
  }
  cuda_emulation::philox_advance(state->ctr, n);
  state->output = curand_Philox4x32_10(state->ctr, state->key);
}

/// Skips n subsequences of 2^66 numbers each.
inline void skipahead_sequence(unsigned long long n, curandStatePhilox4_32_10_t* state) {
  cuda_emulation::philox_advance(state->ctr, n, 2);
  state->output = curand_Philox4x32_10(state->ctr, state->key);
}

inline void curand_init(unsigned long long seed, unsigned long long subsequence,
                        unsigned long long offset, curandStatePhilox4_32_10_t* state) {
  *state = {};
  state->key = {static_cast<unsigned int>(seed), static_cast<unsigned int>(seed >> 32)};
  skipahead_sequence(subsequence, state);
  skipahead(offset, state);
}

inline unsigned int curand(curandStatePhilox4_32_10_t* state) {
  const uint4& o = state->output;
  const unsigned int numbers[4] = {o.x, o.y, o.z, o.w};
  const unsigned int result = numbers[state->STATE++];
  if (state->STATE == 4) {
    cuda_emulation::philox_advance(state->ctr, 1);
    state->output = curand_Philox4x32_10(state->ctr, state->key);
    state->STATE = 0;
  }
  return result;
}

inline uint4 curand4(curandStatePhilox4_32_10_t* state) {
  const uint4 a = state->output;
  cuda_emulation::philox_advance(state->ctr, 1);
  state->output = curand_Philox4x32_10(state->ctr, state->key);
  const uint4& b = state->output;
  const unsigned int both[8] = {a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w};
  const unsigned int* first = both + state->STATE;
  return {first[0], first[1], first[2], first[3]};
}

/// Uniform on (0, 1]: x * 2^-32 + 2^-33.
inline float curand_uniform(curandStatePhilox4_32_10_t* state) {
  return cuda_emulation::uniform_from_bits(curand(state));
}
inline float4 curand_uniform4(curandStatePhilox4_32_10_t* state) {
  const uint4 x = curand4(state);
  using cuda_emulation::uniform_from_bits;
  return {uniform_from_bits(x.x), uniform_from_bits(x.y), uniform_from_bits(x.z),
          uniform_from_bits(x.w)};
}

inline float curand_normal(curandStatePhilox4_32_10_t* state) {
  constexpr int extra_is_kept = 1;
  if (state->boxmuller_flag == extra_is_kept) {
    state->boxmuller_flag = 0;
    return state->boxmuller_extra;
  }
  const unsigned int x = curand(state), y = curand(state);
  const float2 pair = cuda_emulation::normal_from_bits(x, y);
  state->boxmuller_extra = pair.y;
  state->boxmuller_flag = extra_is_kept;
  return pair.x;
}
inline float2 curand_normal2(curandStatePhilox4_32_10_t* state) {
  const unsigned int x = curand(state), y = curand(state);
  return cuda_emulation::normal_from_bits(x, y);
}
inline float4 curand_normal4(curandStatePhilox4_32_10_t* state) {
  const uint4 x = curand4(state);
  const float2 a = cuda_emulation::normal_from_bits(x.x, x.y);
  const float2 b = cuda_emulation::normal_from_bits(x.z, x.w);
  return {a.x, a.y, b.x, b.y};
}
