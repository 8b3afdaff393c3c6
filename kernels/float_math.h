// SPDX-License-Identifier: MIT
// exp, log, log1p, tanh, sin and cos of a float without branches or calls, so that a loop over them
// becomes vector instructions. Within 2 units in the last place of the true value, over all floats:
// infinities, zeros, NaN and the smallest numbers give what the C library gives. The polynomials
// are those of Cephes' expf, logf, tanhf, sinf and cosf (Moshier 1992).
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace kiln::kernels::float_math {

inline constexpr float kLog2High = 0.693359375f,
                       kLog2Low = -2.12194440e-4f;  // log(2), in two parts

// e^x = 2^n e^r with |r| <= log(2)/2. n may be beyond a float's exponents: it is applied by halves.
inline float exp(float x) {
  // Adding it rounds to an integer, which then lies in the low bits.
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23
  const float held = x > 89.0f ? 89.0f : x < -104.0f ? -104.0f : x;
  const float shifted = held * 1.44269504f + kRound;
  const float n = shifted - kRound;
  const float r = held - n * kLog2High - n * kLog2Low;
  float p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  const std::uint32_t exponent =
      std::bit_cast<std::uint32_t>(shifted) - std::bit_cast<std::uint32_t>(kRound);
  const std::uint32_t half = static_cast<std::uint32_t>(static_cast<std::int32_t>(exponent) >> 1);
  const float first = std::bit_cast<float>((half + 127) << 23);
  const float second = std::bit_cast<float>((exponent - half + 127) << 23);
  return p * first * second;
}

// log(2^e m) with m in [sqrt(1/2), sqrt(2)).
inline float log(float x) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr std::uint32_t kRootOfHalf = 0x3F3504F3;
  const bool subnormal = x < std::numeric_limits<float>::min();
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(subnormal ? x * 0x1p23f : x);
  const std::int32_t e = static_cast<std::int32_t>(bits - kRootOfHalf) >> 23;
  const float f = std::bit_cast<float>(bits - (static_cast<std::uint32_t>(e) << 23)) - 1.0f;
  float p = f * 7.0376836292e-2f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  const float exponent = static_cast<float>(e) - (subnormal ? 23.0f : 0.0f);
  const float small = p * f * (f * f) + exponent * kLog2Low - 0.5f * (f * f);
  const float result = f + small + exponent * kLog2High;
  const float end = x == 0.0f ? -kInfinity : std::numeric_limits<float>::quiet_NaN();
  return x > 0.0f ? (x < kInfinity ? result : x) : end;
}

// log(1 + x), with what the rounding of 1 + x lost put back: nothing where x is infinite or -1.
inline float log1p(float x) {
  const float u = 1.0f + x;
  const float held = x < 3e38f ? x : 3e38f;
  const float lost = ((1.0f + held) - 1.0f) - held;
  return log(u) - lost / (u > 0.0f ? u : 1.0f);
}

// x + x^3 P(x^2) for |x| < 0.625, 1 - 2 / (e^2|x| + 1) with the sign of x beyond.
inline float tanh(float x) {
  const float z = x * x;
  float p = z * -5.70498872745e-3f + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  const float large = 1.0f - 2.0f / (exp(2.0f * (x < 0.0f ? -x : x)) + 1.0f);
  return z < 0.390625f ? p * z * x + x : x < 0.0f ? -large : large;
}

struct SinCos {
  float sin, cos;
};

// Of x in [-2 pi, 2 pi]: x = q pi/2 + r with |r| <= pi/4, Cephes' sinf and cosf of r, exchanged and
// negated as the quadrant asks.
inline SinCos sin_cos(float x) {
  constexpr float kRound = 12582912.0f;  // as in exp()
  const float shifted = x * 0.636619772f + kRound;
  const float q = shifted - kRound;
  const float r = x - q * 1.57079637f + q * 4.37113883e-8f;  // pi/2 in two parts
  const float z = r * r;
  const float sine =
      ((z * -1.9515295891e-4f + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * r + r;
  const float cosine =
      ((z * 2.443315711809948e-5f - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * (z * z) -
      0.5f * z + 1.0f;
  const std::uint32_t quadrant = std::bit_cast<std::uint32_t>(shifted);
  const bool odd = (quadrant & 1) != 0;
  const std::uint32_t sin_sign = (quadrant & 2) << 30, cos_sign = ((quadrant + 1) & 2) << 30;
  return {std::bit_cast<float>(std::bit_cast<std::uint32_t>(odd ? cosine : sine) ^ sin_sign),
          std::bit_cast<float>(std::bit_cast<std::uint32_t>(odd ? sine : cosine) ^ cos_sign)};
}

}  // namespace kiln::kernels::float_math
