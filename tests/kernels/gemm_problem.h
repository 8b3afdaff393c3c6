// SPDX-License-Identifier: MIT
// A matrix product with its inputs, its reference in double and the error that rounding may make.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <ostream>
#include <vector>

#include "kernels/gemm.h"
#include "tests/kernels/gemm_backends.h"
#include "tests/support/inputs.h"

namespace kiln::test {

struct GemmCase {
  std::int64_t m = 0, n = 0, k = 0;
  bool transpose_a = false, transpose_b = false;
  bool bias = false;
  kernels::Activation activation = {};
  bool accumulate = false;
  kernels::Precision precision = kernels::Precision::fp32;
};

inline std::ostream& operator<<(std::ostream& out, const GemmCase& c) {
  return out << "m " << c.m << " n " << c.n << " k " << c.k << (c.transpose_a ? " A^T" : "")
             << (c.transpose_b ? " B^T" : "") << (c.bias ? " bias" : "") << " activation "
             << static_cast<int>(c.activation.kind) << (c.accumulate ? " accumulate" : "") << ' '
             << name_of(c.precision);
}

// The shape with each of the four transpose cases.
inline std::vector<GemmCase> transposes_of(GemmCase shape) {
  std::vector<GemmCase> cases;
  for (int i = 0; i < 4; ++i) {
    shape.transpose_a = (i & 1) != 0;
    shape.transpose_b = (i & 2) != 0;
    cases.push_back(shape);
  }
  return cases;
}

template <class T>
struct GemmInputs {
  std::vector<T> a, b, bias, c;  // c: what C held before

  // Numbers that make every product and sum exact.
  static GemmInputs integers(const GemmCase& shape) {
    return {random_integers<T>(shape.m * shape.k, 4, 1),
            random_integers<T>(shape.k * shape.n, 4, 2), random_integers<T>(shape.n, 64, 3),
            random_integers<T>(shape.m * shape.n, 64, 4)};
  }
  static GemmInputs reals(const GemmCase& shape) {
    return {random_values<T>(shape.m * shape.k, -1, 1, 1),
            random_values<T>(shape.k * shape.n, -1, 1, 2), random_values<T>(shape.n, -1, 1, 3),
            random_values<T>(shape.m * shape.n, -1, 1, 4)};
  }
};

struct GemmReference {
  std::vector<double> c;
  std::vector<double> magnitude;  // the same with every term's absolute value, no activation

  template <class T>
  GemmReference(const GemmCase& shape, const GemmInputs<T>& in) {
    const auto at = [](const std::vector<T>& matrix, std::int64_t i) {
      return static_cast<double>(matrix[static_cast<std::size_t>(i)]);
    };
    for (std::int64_t i = 0; i < shape.m; ++i) {
      // Row i by row p of op(B), so that the inner loop runs along memory whatever the transposes.
      std::vector<double> row(static_cast<std::size_t>(shape.n)), size(row.size());
      for (std::int64_t p = 0; p < shape.k; ++p) {
        const double a = at(in.a, shape.transpose_a ? p * shape.m + i : i * shape.k + p);
        for (std::int64_t j = 0; j < shape.n; ++j) {
          const double term = a * at(in.b, shape.transpose_b ? j * shape.k + p : p * shape.n + j);
          row[static_cast<std::size_t>(j)] += term;
          size[static_cast<std::size_t>(j)] += std::abs(term);
        }
      }
      for (std::int64_t j = 0; j < shape.n; ++j) {
        double value = row[static_cast<std::size_t>(j)];
        double bound = size[static_cast<std::size_t>(j)];
        const auto add = [&](double term) {
          value += term;
          bound += std::abs(term);
        };
        if (shape.bias) add(at(in.bias, j));
        kernels::with_activation(shape.activation, [&](auto op) { value = op.forward(value); });
        if (shape.accumulate) add(at(in.c, i * shape.n + j));
        c.push_back(value);
        magnitude.push_back(bound);
      }
    }
  }
};

// C after multiply(args) on Backend; `layout` places a, b, bias, c.
template <class Backend, class Multiply>
std::vector<typename Backend::Real> run_product(const GemmCase& shape,
                                                const GemmInputs<typename Backend::Real>& in,
                                                Layout layout, Multiply&& multiply) {
  const Buffer<Backend> a(in.a, layout(0)), b(in.b, layout(1)), bias(in.bias, layout(2));
  // Without accumulate C may hold anything: it begins as NaN.
  std::vector<typename Backend::Real> old = in.c;
  if (!shape.accumulate) old.assign(old.size(), static_cast<typename Backend::Real>(NAN));
  const Buffer<Backend> c(old, layout(3));
  kernels::GemmArgs<typename Backend::Real> args;
  args.transpose_a = shape.transpose_a;
  args.transpose_b = shape.transpose_b;
  args.m = shape.m;
  args.n = shape.n;
  args.k = shape.k;
  args.a = a.data();
  args.b = b.data();
  args.c = c.data();
  args.bias = shape.bias ? bias.data() : nullptr;
  args.activation = shape.activation;
  args.accumulate = shape.accumulate;
  args.precision = shape.precision;
  multiply(args);
  return c.values();
}

template <class Backend>
std::vector<typename Backend::Real> run_gemm(const GemmCase& shape,
                                             const GemmInputs<typename Backend::Real>& in,
                                             Layout layout = {}) {
  return run_product<Backend>(shape, in, layout,
                              [](const auto& args) { kernels::gemm(Backend::stream(), args); });
}

}  // namespace kiln::test
