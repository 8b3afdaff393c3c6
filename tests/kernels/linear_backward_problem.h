// SPDX-License-Identifier: MIT
// A linear layer's gradients by a backend, and what they should be in double.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <utility>
#include <vector>

#include "kernels/linear_backward.h"
#include "tests/kernels/gemm_backends.h"
#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {

enum class Gradient { none, store, accumulate };

struct LinearCase {
  std::int64_t batch = 0, in = 0, out = 0;
  Gradient dweight = Gradient::store, dbias = Gradient::store, dx = Gradient::store;
  kernels::Activation activation = {};
  kernels::Precision precision = kernels::Precision::fp32;
};

inline std::ostream& operator<<(std::ostream& out, const LinearCase& c) {
  return out << "batch " << c.batch << " in " << c.in << " out " << c.out << " dweight "
             << static_cast<int>(c.dweight) << " dbias " << static_cast<int>(c.dbias) << " dx "
             << static_cast<int>(c.dx) << " activation " << static_cast<int>(c.activation.kind)
             << " precision " << name_of(c.precision);
}

// The three gradients, or what they held before.
template <class T>
struct Gradients {
  std::vector<T> dweight, dbias, dx;
};

template <class T>
struct LinearInputs {
  std::vector<T> dz, x, weight;
  Gradients<T> old;

  static LinearInputs integers(const LinearCase& c) {
    return {random_integers<T>(c.batch * c.out, 4, 1),
            random_integers<T>(c.batch * c.in, 4, 2),
            random_integers<T>(c.out * c.in, 4, 3),
            {random_integers<T>(c.out * c.in, 64, 4), random_integers<T>(c.out, 64, 5),
             random_integers<T>(c.batch * c.in, 64, 6)}};
  }
  static LinearInputs reals(const LinearCase& c) {
    return {random_values<T>(c.batch * c.out, -1, 1, 1),
            random_values<T>(c.batch * c.in, -1, 1, 2),
            random_values<T>(c.out * c.in, -1, 1, 3),
            {random_values<T>(c.out * c.in, -1, 1, 4), random_values<T>(c.out, -1, 1, 5),
             random_values<T>(c.batch * c.in, -1, 1, 6)}};
  }
};

// A gradient in double, and the same with every term's absolute value.
struct Reference {
  std::vector<double> value, magnitude;

  explicit Reference(std::int64_t size)
      : value(static_cast<std::size_t>(size)), magnitude(value.size()) {}

  void add(std::int64_t i, double term) {
    value[static_cast<std::size_t>(i)] += term;
    magnitude[static_cast<std::size_t>(i)] += std::abs(term);
  }
  template <class T>
  void add_all(const std::vector<T>& terms) {
    for (std::size_t i = 0; i < terms.size(); ++i) {
      add(static_cast<std::int64_t>(i), static_cast<double>(terms[i]));
    }
  }
};

struct LinearReference {
  Reference dweight, dbias, dx;

  template <class T>
  LinearReference(const LinearCase& c, const LinearInputs<T>& in)
      : dweight(c.out * c.in), dbias(c.out), dx(c.batch * c.in) {
    const auto at = [](const std::vector<T>& matrix, std::int64_t i) {
      return static_cast<double>(matrix[static_cast<std::size_t>(i)]);
    };
    for (std::int64_t b = 0; b < c.batch; ++b) {
      for (std::int64_t o = 0; o < c.out; ++o) {
        const double dz = at(in.dz, b * c.out + o);
        dbias.add(o, dz);
        for (std::int64_t i = 0; i < c.in; ++i) {
          dweight.add(o * c.in + i, dz * at(in.x, b * c.in + i));
          dx.add(b * c.in + i, dz * at(in.weight, o * c.in + i));
        }
      }
    }
    kernels::with_activation(c.activation, [&](auto op) {
      for (std::size_t i = 0; i < dx.value.size(); ++i) {
        const double x = static_cast<double>(in.x[i]);
        dx.value[i] *= op.derivative(x, x);
        dx.magnitude[i] *= std::abs(op.derivative(x, x)) + 1;  // the derivative errs too
      }
    });
    if (c.dweight == Gradient::accumulate) dweight.add_all(in.old.dweight);
    if (c.dbias == Gradient::accumulate) dbias.add_all(in.old.dbias);
    if (c.dx == Gradient::accumulate) dx.add_all(in.old.dx);
  }
};

// The gradients on Backend; those that are not asked for stay what they were.
template <class Backend>
Gradients<typename Backend::Real> run_linear_backward(
    const LinearCase& c, const LinearInputs<typename Backend::Real>& in, Layout layout = {}) {
  using Real = typename Backend::Real;
  const Buffer<Backend> dz(in.dz, layout(0)), x(in.x, layout(1)), weight(in.weight, layout(2));
  // What is not accumulated into may hold anything: it begins as NaN.
  const auto before = [](Gradient gradient, std::vector<Real> old) {
    if (gradient == Gradient::store) old.assign(old.size(), static_cast<Real>(NAN));
    return old;
  };
  const Buffer<Backend> dweight(before(c.dweight, in.old.dweight), layout(3)),
      dbias(before(c.dbias, in.old.dbias), layout(4)), dx(before(c.dx, in.old.dx), layout(5));
  kernels::LinearBackwardArgs<Real> args;
  args.batch = c.batch;
  args.in = c.in;
  args.out = c.out;
  args.dz = dz.data();
  const bool needs_x =
      c.dweight != Gradient::none ||
      (c.dx != Gradient::none && c.activation.kind != kernels::ActivationKind::identity);
  args.x = needs_x ? x.data() : nullptr;
  args.weight = c.dx != Gradient::none ? weight.data() : nullptr;
  args.dweight = c.dweight != Gradient::none ? dweight.data() : nullptr;
  args.dbias = c.dbias != Gradient::none ? dbias.data() : nullptr;
  args.dx = c.dx != Gradient::none ? dx.data() : nullptr;
  args.accumulate_dweight = c.dweight == Gradient::accumulate;
  args.accumulate_dbias = c.dbias == Gradient::accumulate;
  args.accumulate_dx = c.dx == Gradient::accumulate;
  args.input_activation = c.activation;
  args.precision = c.precision;
  kernels::linear_backward(Backend::stream(), args);
  return {dweight.values(), dbias.values(), dx.values()};
}

template <class Backend>
class LinearBackward : public GemmBackendTest<Backend> {
 public:
  using Real = typename Backend::Real;

  template <class F>
  static void for_each_gradient(F f) {
    for (const Gradient dweight : {Gradient::none, Gradient::store, Gradient::accumulate}) {
      for (const Gradient dbias : {Gradient::none, Gradient::store, Gradient::accumulate}) {
        for (const Gradient dx : {Gradient::none, Gradient::store, Gradient::accumulate}) {
          f(dweight, dbias, dx);
        }
      }
    }
  }

  static void expect_exact(const LinearCase& c, Layout layout = {}) {
    SCOPED_TRACE(::testing::Message() << c << ", misaligned " << layout.misaligned);
    const auto in = LinearInputs<Real>::integers(c);
    const LinearReference expected(c, in);
    const auto result = run_linear_backward<Backend>(c, in, layout);
    const auto check = [](Gradient gradient, const std::vector<Real>& values,
                          const std::vector<Real>& old, const Reference& reference) {
      if (gradient == Gradient::none) return same_bits(values, old);
      return near(values, reference.value, 0, 0);
    };
    EXPECT_TRUE(check(c.dweight, result.dweight, in.old.dweight, expected.dweight)) << "dweight";
    EXPECT_TRUE(check(c.dbias, result.dbias, in.old.dbias, expected.dbias)) << "dbias";
    EXPECT_TRUE(check(c.dx, result.dx, in.old.dx, expected.dx)) << "dx";
  }

  static void expect_near(const LinearCase& c) {
    SCOPED_TRACE(::testing::Message() << c);
    const auto in = LinearInputs<Real>::reals(c);
    const LinearReference expected(c, in);
    const auto result = run_linear_backward<Backend>(c, in);
    const auto check = [&](const std::vector<Real>& values, const Reference& reference,
                           std::int64_t k, kernels::Precision precision) {
      return near_each(values, reference.value, [&](std::size_t i) {
        return product_tolerance<Backend>(k, reference.magnitude[i], precision);
      });
    };
    EXPECT_TRUE(check(result.dweight, expected.dweight, c.batch, c.precision)) << "dweight";
    EXPECT_TRUE(check(result.dbias, expected.dbias, c.batch, kernels::Precision::fp32)) << "dbias";
    EXPECT_TRUE(check(result.dx, expected.dx, c.out, c.precision)) << "dx";
  }
};

}  // namespace kiln::test
