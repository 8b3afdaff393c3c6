// SPDX-License-Identifier: MIT
#include "engine/ops/softmax.h"

#include "tests/support/expect_error.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using SoftmaxTest = OpTest;
using Tensors = const std::vector<Tensor>&;

TEST_P(SoftmaxTest, Gradients) {
  for (const Shape& shape : {Shape{1, 1}, Shape{4, 3}, Shape{2, 7}}) {
    check([](Tensors x) { return softmax(x[0]); }, {signed_input(shape)}, 3);
  }
}

// torch.softmax(torch.tensor([[1., -2., .5], [0., 3., -1.]], dtype=torch.float64), 1), PyTorch 2.15
TEST_P(SoftmaxTest, ValuesOfPyTorch) {
  const Tensor x = tensor({1, -2, 0.5, 0, 3, -1}, {2, 3});
  const std::vector<double> expected = {0.6037488961486258, 0.030058887569574023,
                                        0.3661922162818002, 0.0466126225779739,
                                        0.9362395518765058, 0.017147825545520388};
  EXPECT_TRUE(near(values_of(softmax(x)), expected, tolerance(), 0));
}

TEST_P(SoftmaxTest, NoRows) { EXPECT_EQ(softmax(tensor({}, {0, 3})).shape(), (Shape{0, 3})); }

TEST_P(SoftmaxTest, Errors) {
  expect_error([&] { softmax(tensor({1, 2}, {2})); }, "[softmax] shape (2) is not (rows,classes)");
  expect_error([&] { softmax(tensor({}, {2, 0})); }, "[softmax] shape (2,0) is not (rows,classes)");
}

KILN_ON_EVERY_PLACE(SoftmaxTest);

}  // namespace
}  // namespace kiln::test
