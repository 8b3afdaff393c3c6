// SPDX-License-Identifier: MIT
#include "kernels/embedding.h"

#include <cmath>
#include <limits>

#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

template <class Backend>
class EmbeddingKernels : public BackendTest<Backend> {};
TYPED_TEST_SUITE(EmbeddingKernels, Backends, BackendNames);

struct Table {
  std::int64_t rows, cols, n;
};
constexpr Table kTables[] = {{0, 3, 0},    {3, 0, 4},     {3, 4, 0},    {1, 1, 1},
                             {10, 10, 64}, {31, 33, 127}, {300, 32, 5}, {4, 130, 33}};

std::vector<std::int32_t> labels_for(const Table& table) {
  std::vector<std::int32_t> labels;
  for (std::int64_t i = 0; i < table.n; ++i) {
    labels.push_back(static_cast<std::int32_t>(i * i % (table.rows / 2 + 1)));
  }
  return labels;
}

TYPED_TEST(EmbeddingKernels, ForwardCopiesRows) {
  using Real = typename TypeParam::Real;
  for (const Table& table : kTables) {
    for (const unsigned misaligned : {0u, 1u, 2u, 4u}) {
      const Layout layout{misaligned};
      const auto weight = random_values<Real>(table.rows * table.cols, -1, 1, 1);
      const auto labels = labels_for(table);
      std::vector<Real> expected;
      for (const std::int32_t label : labels) {
        const auto row = weight.begin() + label * table.cols;
        expected.insert(expected.end(), row, row + table.cols);
      }
      const Buffer<TypeParam> weights(weight, layout(0));
      const Buffer<TypeParam, std::int32_t> given(labels, layout(1));
      const Buffer<TypeParam> out(table.n * table.cols, layout(2));
      kernels::embedding_forward(TypeParam::stream(), weights.data(), table.rows, table.cols,
                                 given.data(), table.n, out.data());
      EXPECT_TRUE(same_bits(out.values(), expected));
    }
  }
}

// Sums of integers are exact; a row that no label names gets 0, also where NaN was.
TYPED_TEST(EmbeddingKernels, BackwardAddsUpTheRowsOfALabel) {
  using Real = typename TypeParam::Real;
  for (const Table& table : kTables) {
    for (const bool accumulate : {false, true}) {
      const auto dout = random_integers<Real>(table.n * table.cols, 16, 1);
      const auto labels = labels_for(table);
      const std::int64_t size = table.rows * table.cols;
      const std::vector<Real> old = accumulate
                                        ? random_integers<Real>(size, 16, 2)
                                        : std::vector<Real>(static_cast<std::size_t>(size),
                                                            std::numeric_limits<Real>::quiet_NaN());
      std::vector<Real> expected = accumulate ? old : std::vector<Real>(old.size());
      for (std::int64_t i = 0; i < table.n * table.cols; ++i) {
        const std::int32_t label = labels[static_cast<std::size_t>(i / table.cols)];
        expected[static_cast<std::size_t>(label * table.cols + i % table.cols)] +=
            dout[static_cast<std::size_t>(i)];
      }
      const Buffer<TypeParam> douts(dout), dweight(old);
      const Buffer<TypeParam, std::int32_t> given(labels);
      kernels::embedding_backward(TypeParam::stream(), douts.data(), given.data(), table.n,
                                  dweight.data(), table.rows, table.cols, accumulate);
      EXPECT_TRUE(near(dweight.values(), expected, 0, 0)) << table.rows << " x " << table.cols;
    }
  }
}

TYPED_TEST(EmbeddingKernels, ALabelOutsideIsNanAndTrainsNothing) {
  using Real = typename TypeParam::Real;
  const Buffer<TypeParam> weight(std::vector<Real>{1, 2}), out(4),
      dout(std::vector<Real>{1, 1, 1, 1}), dweight(2);
  const Buffer<TypeParam, std::int32_t> labels(std::vector<std::int32_t>{
      -1, 2, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()});
  kernels::embedding_forward(TypeParam::stream(), weight.data(), 2, 1, labels.data(), 4,
                             out.data());
  for (const Real value : out.values()) EXPECT_TRUE(std::isnan(value));
  kernels::embedding_backward(TypeParam::stream(), dout.data(), labels.data(), 4, dweight.data(), 2,
                              1, false);
  EXPECT_TRUE(near(dweight.values(), std::vector<Real>{0, 0}, 0, 0));
}

}  // namespace
}  // namespace kiln::test
