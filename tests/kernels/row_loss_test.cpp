// SPDX-License-Identifier: MIT
#include "kernels/row_loss.h"

#include <limits>

#include "tests/kernels/losses.h"
#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

struct RowLossShape {
  std::int64_t rows, cols, target_rows;
};
constexpr RowLossShape kRowLossShapes[] = {{0, 5, 1},  {5, 0, 5},     {1, 1, 1},   {33, 1, 11},
                                           {6, 31, 3}, {64, 784, 16}, {7, 130, 1}, {3, 1030, 3}};

template <class Backend>
class RowLoss : public BackendTest<Backend> {
 protected:
  using Real = typename Backend::Real;

  struct Problem {
    RowLossShape shape;
    std::vector<Real> x, t, dout, old;

    // Probabilities serve every loss.
    explicit Problem(const RowLossShape& s)
        : shape(s),
          x(random_values<Real>(s.rows * s.cols, 0.05, 0.95, 1)),
          t(random_values<Real>(s.target_rows * s.cols, 0, 1, 2)),
          dout(random_values<Real>(s.rows, -2, 2, 3)),
          old(random_values<Real>(s.rows * s.cols, -1, 1, 4)) {}

    double x_at(std::int64_t i, std::int64_t j) const {
      return static_cast<double>(x[static_cast<std::size_t>(i * shape.cols + j)]);
    }
    double t_at(std::int64_t i, std::int64_t j) const {
      const std::int64_t row = i % shape.target_rows;
      return static_cast<double>(t[static_cast<std::size_t>(row * shape.cols + j)]);
    }
  };

  template <class F>
  static void for_each_problem(F f) {
    for (const RowLossShape& shape : kRowLossShapes) {
      for (const unsigned misaligned : {0u, 1u, 2u}) {
        SCOPED_TRACE(::testing::Message() << shape.rows << " x " << shape.cols << ", targets "
                                          << shape.target_rows << ", misaligned " << misaligned);
        f(Problem(shape), Layout{misaligned});
      }
    }
  }
};
TYPED_TEST_SUITE(RowLoss, Backends, BackendNames);

TYPED_TEST(RowLoss, Forward) {
  for_each_loss([](auto loss) {
    TestFixture::for_each_problem([&](const auto& problem, Layout layout) {
      const RowLossShape& s = problem.shape;
      std::vector<double> expected;
      for (std::int64_t i = 0; i < s.rows; ++i) {
        expected.push_back(0);
        for (std::int64_t j = 0; j < s.cols; ++j) {
          expected.back() += loss.value(problem.x_at(i, j), problem.t_at(i, j));
        }
      }
      const Buffer<TypeParam> x(problem.x, layout(0)), t(problem.t, layout(1)),
          out(std::vector<typename TypeParam::Real>(
                  static_cast<std::size_t>(s.rows),
                  std::numeric_limits<typename TypeParam::Real>::quiet_NaN()),
              layout(2));
      kernels::row_loss_forward(TypeParam::stream(), loss,
                                {x.data(), t.data(), s.rows, s.cols, s.target_rows}, out.data());
      const double tolerance = 64 * kEpsilon<TypeParam>;
      EXPECT_TRUE(near(out.values(), expected, tolerance, tolerance));
    });
  });
}

TYPED_TEST(RowLoss, Backward) {
  for_each_loss([](auto loss) {
    TestFixture::for_each_problem([&](const auto& problem, Layout layout) {
      using Real = typename TypeParam::Real;
      const RowLossShape& s = problem.shape;
      for (const bool accumulate : {false, true}) {
        std::vector<double> expected;
        for (std::int64_t i = 0; i < s.rows; ++i) {
          for (std::int64_t j = 0; j < s.cols; ++j) {
            const double gradient = static_cast<double>(problem.dout[static_cast<std::size_t>(i)]) *
                                    loss.derivative(problem.x_at(i, j), problem.t_at(i, j));
            const std::size_t at = expected.size();
            expected.push_back((accumulate ? static_cast<double>(problem.old[at]) : 0) + gradient);
          }
        }
        const Buffer<TypeParam> x(problem.x, layout(0)), t(problem.t, layout(1)),
            dout(problem.dout, layout(2)),
            dx(accumulate
                   ? problem.old
                   : std::vector<Real>(problem.old.size(), std::numeric_limits<Real>::quiet_NaN()),
               layout(3));
        kernels::row_loss_backward(TypeParam::stream(), loss, dout.data(),
                                   {x.data(), t.data(), s.rows, s.cols, s.target_rows}, dx.data(),
                                   accumulate);
        const double tolerance = 32 * kEpsilon<TypeParam>;
        EXPECT_TRUE(near(dx.values(), expected, tolerance, tolerance));
      }
    });
  });
}

}  // namespace
}  // namespace kiln::test
