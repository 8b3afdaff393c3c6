// SPDX-License-Identifier: MIT
// Binary arithmetic over n elements: out[i] = op(a[i], b[i]), or out[i] += ... if accumulate.
// A scalar operand is one element used for every i. In place (out == a or out == b) is allowed
// where that operand is not a scalar.
#pragma once

#include <cstdint>

#include "kernels/host_device.h"
#include "kernels/stream.h"

namespace kiln::kernels {

struct Add {
  static constexpr const char* name = "add";
  template <class T>
  KILN_HOST_DEVICE T operator()(T a, T b) const {
    return a + b;
  }
};

struct Sub {
  static constexpr const char* name = "sub";
  template <class T>
  KILN_HOST_DEVICE T operator()(T a, T b) const {
    return a - b;
  }
};

struct Mul {
  static constexpr const char* name = "mul";
  template <class T>
  KILN_HOST_DEVICE T operator()(T a, T b) const {
    return a * b;
  }
};

struct Div {
  static constexpr const char* name = "div";
  template <class T>
  KILN_HOST_DEVICE T operator()(T a, T b) const {
    return a / b;
  }
};

// One operand: `is_scalar` makes every index read data[0].
template <class T>
struct Operand {
  const T* data;
  bool is_scalar = false;
};

template <class Op, class T>
void binary(CpuStream stream, Op op, Operand<T> a, Operand<T> b, T* out, std::int64_t n,
            bool accumulate);
template <class Op>
void binary(CudaStream stream, Op op, Operand<float> a, Operand<float> b, float* out,
            std::int64_t n, bool accumulate);

}  // namespace kiln::kernels

// X(Op)
#define KILN_BINARY_OPS(X) X(Add) X(Sub) X(Mul) X(Div)
