// SPDX-License-Identifier: MIT
#include "engine/ops/cross_entropy.h"

#include <cmath>

#include "tests/support/expect_error.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

using Tensors = const std::vector<Tensor>&;

class CrossEntropyTest : public OpTest {
 protected:
  static Tensor labels(const std::vector<std::int32_t>& values, Device device) {
    return Tensor::from_host(values, {static_cast<std::int64_t>(values.size())}, device);
  }
};

TEST_P(CrossEntropyTest, Gradients) {
  check(
      [](Tensors x) {
        return cross_entropy(x[0], labels({2, 0, 1, 1}, x[0].device()));
      },
      {signed_input({4, 3})}, 3);
  check([](Tensors x) { return cross_entropy(x[0], labels({9}, x[0].device())); },
        {signed_input({1, 10})}, 2);
  // The outer gradient is not 1, and the logits have another use.
  check(
      [](Tensors x) {
        return cross_entropy(x[0], labels({1, 0}, x[0].device())) * -2.5 + mean(square(x[0]));
      },
      {signed_input({2, 2})});
}

// x = torch.tensor([[1., -2., .5], [0., 3., -1.]], dtype=torch.float64, requires_grad=True)
// l = torch.nn.functional.cross_entropy(x, torch.tensor([2, 0]))
// g, = torch.autograd.grad(l, x, create_graph=True)
// h, = torch.autograd.grad((g ** 2).sum(), x)                                      PyTorch 2.15
TEST_P(CrossEntropyTest, ValuesOfPyTorch) {
  const Tensor x = leaf({1, -2, 0.5, 0, 3, -1}, {2, 3});
  const Tensor loss = cross_entropy(x, labels({2, 0}, device()));
  EXPECT_TRUE(near(loss.item(), 2.0352404030498565, tolerance(), 0));
  const Tensor g = grad(loss, {x}, true)[0];
  EXPECT_TRUE(
      near(values_of(g),
           std::vector<double>{0.3018744480743129, 0.015029443784787011, -0.3169038918590999,
                               -0.47669368871101303, 0.4681197759382529, 0.008573912772760194},
           0, tolerance()));
  EXPECT_TRUE(
      near(values_of(grad(sum(square(g)), {x})[0]),
           std::vector<double>{0.14201022511170694, -0.0015519689472605338, -0.1404582561644464,
                               -0.04162008529357735, 0.04860997483974948, -0.006989889546172146},
           0, tolerance()));
}

TEST_P(CrossEntropyTest, ABadLabelIsNan) {
  const Tensor x = tensor({1, 2, 3, 4}, {2, 2});
  EXPECT_TRUE(std::isnan(cross_entropy(x, labels({0, 2}, device())).item()));
}

TEST_P(CrossEntropyTest, Errors) {
  const Tensor x = tensor({1, 2, 3, 4}, {2, 2});
  expect_error(
      [&] {
        cross_entropy(x, labels({0, 1, 1}, device()));
      },
      "[cross_entropy] logits (2,2) and labels (3) are not (rows,classes) and (rows)");
  expect_error(
      [&] {
        cross_entropy(tensor({}, {2, 0}), labels({0, 1}, device()));
      },
      "[cross_entropy] logits (2,0) and labels (2) are not (rows,classes) and (rows)");
  const std::string where = std::string(" on ") + device().name();
  expect_error(
      [&] {
        cross_entropy(x, Tensor::from_host(std::vector<std::uint8_t>{0, 1}, {2}, device()));
      },
      "[cross_entropy] labels are uint8" + where + ", not int32" + where);
}

KILN_ON_EVERY_PLACE(CrossEntropyTest);

}  // namespace
}  // namespace kiln::test
