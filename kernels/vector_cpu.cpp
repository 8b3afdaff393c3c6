// SPDX-License-Identifier: MIT
#include "kernels/parallel_cpu.h"
#include "kernels/vector.h"

namespace kiln::kernels {
namespace {

template <class F>
void for_each_index(std::int64_t n, F f) {
  parallel_for(n, kParallelGrain, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) f(i);
  });
}

}  // namespace

template <class T>
void fill(CpuStream, T value, T* y, std::int64_t n) {
  for_each_index(n, [=](std::int64_t i) { y[i] = value; });
}

template <class T>
void copy(CpuStream, const T* x, T* y, std::int64_t n) {
  for_each_index(n, [=](std::int64_t i) { y[i] = x[i]; });
}

template <class T>
void scale(CpuStream, T a, T* y, std::int64_t n) {
  for_each_index(n, [=](std::int64_t i) { y[i] *= a; });
}

template <class T>
void axpy(CpuStream, T a, const T* x, T* y, std::int64_t n) {
  for_each_index(n, [=](std::int64_t i) { y[i] += a * x[i]; });
}

template <class T>
void lerp(CpuStream, T a, const T* x, T* y, std::int64_t n) {
  for_each_index(n, [=](std::int64_t i) { y[i] += a * (x[i] - y[i]); });
}

#define KILN_INSTANTIATE(T)                                     \
  template void fill(CpuStream, T, T*, std::int64_t);           \
  template void copy(CpuStream, const T*, T*, std::int64_t);    \
  template void scale(CpuStream, T, T*, std::int64_t);          \
  template void axpy(CpuStream, T, const T*, T*, std::int64_t); \
  template void lerp(CpuStream, T, const T*, T*, std::int64_t);
KILN_INSTANTIATE(float)
KILN_INSTANTIATE(double)
#undef KILN_INSTANTIATE

}  // namespace kiln::kernels
