// SPDX-License-Identifier: MIT
#include "kernels/activation_backward.h"

#include <limits>

#include "tests/kernels/activations.h"
#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using kernels::Activation;
using kernels::ActivationKind;

struct LayerShape {
  std::int64_t rows;
  std::int64_t cols;
};
constexpr LayerShape kLayers[] = {{0, 5},  {5, 0},   {1, 1},    {1, 33},  {33, 1},   {31, 7},
                                  {32, 8}, {64, 32}, {127, 31}, {7, 127}, {64, 784}, {257, 65}};

template <class Backend>
class ActivationBackward : public BackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;

  struct Problem {
    std::vector<Real> dy, y, old_db;
    std::vector<double> dz, db, db_bound;

    Problem(Activation activation, LayerShape shape)
        : dy(random_values<Real>(shape.rows * shape.cols, -1, 1, 1)),
          old_db(random_values<Real>(shape.cols, -1, 1, 2)),
          db(static_cast<std::size_t>(shape.cols)),
          db_bound(db.size(), 1) {
      const auto x = random_values<Real>(shape.rows * shape.cols, -3, 3, 3);
      kernels::with_activation(activation, [&](auto op) {
        for (std::size_t i = 0; i < x.size(); ++i) {
          y.push_back(op.forward(x[i]));
          const double yi = static_cast<double>(y[i]);
          dz.push_back(static_cast<double>(dy[i]) * op.derivative(yi, yi));
          db[i % db.size()] += dz[i];
          db_bound[i % db.size()] += std::abs(dz[i]);
        }
      });
    }
    std::vector<double> accumulated_db() const {
      std::vector<double> sums = db;
      for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += static_cast<double>(old_db[j]);
      return sums;
    }
    // Any order of summing n terms errs by less than n eps sum |term|.
    auto db_tolerance(LayerShape shape) const {
      return [this, shape](std::size_t j) {
        return static_cast<double>(shape.rows + 8) * kEpsilon<Backend> * db_bound[j];
      };
    }
  };

  static constexpr double kTolerance = 8 * kEpsilon<Backend>;
};
TYPED_TEST_SUITE(ActivationBackward, Backends, BackendNames);

TYPED_TEST(ActivationBackward, BothGradients) {
  for_each_activation([](Activation activation) {
    for (const LayerShape shape : kLayers) {
      for (const unsigned misaligned : {0u, ~0u, 1u, 2u, 4u, 8u}) {
        for (const bool accumulate : {false, true}) {
          SCOPED_TRACE(::testing::Message() << shape.rows << " x " << shape.cols << ", misaligned "
                                            << misaligned << ", accumulate " << accumulate);
          const typename TestFixture::Problem problem(activation, shape);
          const Layout layout{misaligned};
          const Buffer<TypeParam> dy(problem.dy, layout(0)), y(problem.y, layout(1)),
              dz(dy.size(), layout(2)), db(problem.old_db, layout(3));
          kernels::activation_backward(TypeParam::stream(), activation, dy.data(), y.data(),
                                       dz.data(), db.data(), shape.rows, shape.cols, accumulate);
          EXPECT_TRUE(
              near(dz.values(), problem.dz, TestFixture::kTolerance, TestFixture::kTolerance));
          EXPECT_TRUE(near_each(db.values(), accumulate ? problem.accumulated_db() : problem.db,
                                problem.db_tolerance(shape)));
        }
      }
    }
  });
}

TYPED_TEST(ActivationBackward, OneGradientOnly) {
  for_each_activation([](Activation activation) {
    for (const LayerShape shape : kLayers) {
      SCOPED_TRACE(::testing::Message() << shape.rows << " x " << shape.cols);
      const typename TestFixture::Problem problem(activation, shape);
      const Buffer<TypeParam> dy(problem.dy), y(problem.y), dz(dy.size()), db(shape.cols);
      typename TypeParam::Real* const none = nullptr;
      kernels::activation_backward(TypeParam::stream(), activation, dy.data(), y.data(), dz.data(),
                                   none, shape.rows, shape.cols, false);
      EXPECT_TRUE(near(dz.values(), problem.dz, TestFixture::kTolerance, TestFixture::kTolerance));
      if (activation.kind != ActivationKind::identity) continue;
      kernels::activation_backward(TypeParam::stream(), activation, dy.data(), none, none,
                                   db.data(), shape.rows, shape.cols, false);
      EXPECT_TRUE(near_each(db.values(), problem.db, problem.db_tolerance(shape)));
    }
  });
}

TYPED_TEST(ActivationBackward, InPlaceAndTheSameBits) {
  constexpr LayerShape kShape = {64, 127};
  for_each_activation([&](Activation activation) {
    const typename TestFixture::Problem problem(activation, kShape);
    const Buffer<TypeParam> dy(problem.dy), in_place(problem.dy), y(problem.y), dz(dy.size()),
        db1(kShape.cols), db2(kShape.cols);
    kernels::activation_backward(TypeParam::stream(), activation, dy.data(), y.data(), dz.data(),
                                 db1.data(), kShape.rows, kShape.cols, false);
    kernels::activation_backward(TypeParam::stream(), activation, in_place.data(), y.data(),
                                 in_place.data(), db2.data(), kShape.rows, kShape.cols, false);
    EXPECT_TRUE(same_bits(in_place.values(), dz.values()));
    EXPECT_TRUE(same_bits(db2.values(), db1.values()));
  });
}

TYPED_TEST(ActivationBackward, NanReachesItsColumnAlone) {
  using Real = typename TypeParam::Real;
  for_each_activation([](Activation activation) {
    std::vector<Real> dy(33 * 9, Real(1));
    dy[4 * 9 + 2] = std::numeric_limits<Real>::quiet_NaN();
    const Buffer<TypeParam> dys(dy), ys(std::vector<Real>(dy.size(), Real(0.5))), db(9);
    kernels::activation_backward(TypeParam::stream(), activation, dys.data(), ys.data(), dys.data(),
                                 db.data(), 33, 9, false);
    const auto sums = db.values();
    for (std::size_t j = 0; j < sums.size(); ++j) EXPECT_EQ(std::isnan(sums[j]), j == 2) << j;
  });
}

}  // namespace
}  // namespace kiln::test
