// SPDX-License-Identifier: MIT
// CUDA's built-in vector types, with the sizes and alignments that the programming guide documents,
// so that UndefinedBehaviorSanitizer sees a misaligned 8- or 16-byte access.
#pragma once

#include <cstddef>

#define KILN_EMULATION_VECTORS(name, T, align2, align4)                 \
  struct name##1 {                                                      \
    T x;                                                                \
  };                                                                    \
  struct alignas(align2) name##2 {                                      \
    T x, y;                                                             \
  };                                                                    \
  struct name##3 {                                                      \
    T x, y, z;                                                          \
  };                                                                    \
  struct alignas(align4) name##4 {                                      \
    T x, y, z, w;                                                       \
  };                                                                    \
  constexpr name##1 make_##name##1(T x) { return {x}; }                 \
  constexpr name##2 make_##name##2(T x, T y) { return {x, y}; }         \
  constexpr name##3 make_##name##3(T x, T y, T z) { return {x, y, z}; } \
  constexpr name##4 make_##name##4(T x, T y, T z, T w) { return {x, y, z, w}; }

KILN_EMULATION_VECTORS(char, signed char, 2, 4)
KILN_EMULATION_VECTORS(uchar, unsigned char, 2, 4)
KILN_EMULATION_VECTORS(short, short, 4, 8)
KILN_EMULATION_VECTORS(ushort, unsigned short, 4, 8)
KILN_EMULATION_VECTORS(int, int, 8, 16)
KILN_EMULATION_VECTORS(uint, unsigned int, 8, 16)
KILN_EMULATION_VECTORS(long, long, 16, 16)
KILN_EMULATION_VECTORS(ulong, unsigned long, 16, 16)
KILN_EMULATION_VECTORS(longlong, long long, 16, 16)
KILN_EMULATION_VECTORS(ulonglong, unsigned long long, 16, 16)
KILN_EMULATION_VECTORS(float, float, 8, 16)
KILN_EMULATION_VECTORS(double, double, 16, 16)

#undef KILN_EMULATION_VECTORS

struct dim3 {
  unsigned int x = 1, y = 1, z = 1;
  constexpr dim3(unsigned int x_ = 1, unsigned int y_ = 1, unsigned int z_ = 1)
      : x(x_), y(y_), z(z_) {}
  constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
  constexpr operator uint3() const { return {x, y, z}; }
};
