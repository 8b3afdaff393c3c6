// SPDX-License-Identifier: MIT
#include "engine/ops/embedding.h"

#include "engine/nn/embedding.h"
#include "engine/ops/one_hot.h"
#include "engine/rng.h"
#include "tests/support/expect_error.h"
#include "tests/support/op_test.h"

namespace kiln::test {
namespace {

class EmbeddingTest : public OpTest {
 protected:
  static Tensor labels(const std::vector<std::int32_t>& values, Device device) {
    return Tensor::from_host(values, {static_cast<std::int64_t>(values.size())}, device);
  }
};
using Tensors = const std::vector<Tensor>&;

TEST_P(EmbeddingTest, Gradients) {
  const auto chosen = [](Tensors x) {
    return embedding(x[0], labels({2, 0, 2, 3}, x[0].device()));
  };
  check(chosen, {signed_input({5, 3})});
  check([=](Tensors x) { return square(chosen(x)); }, {signed_input({5, 3})}, 3);
  // Chosen from twice: the second gradient is added to the first.
  check([=](Tensors x) { return square(chosen(x)) + chosen(x); }, {signed_input({5, 3})});
  check([](Tensors x) { return embedding(x[0], labels({}, x[0].device())); },
        {signed_input({5, 3})});
}

TEST_P(EmbeddingTest, IsTheProductWithOneHotRows) {
  const Tensor weight = tensor({1, 2, 3, 4, 5, 6}, {3, 2}), chosen = labels({2, 0, 2}, device());
  EXPECT_TRUE(same_bits(values_of(embedding(weight, chosen)), {5, 6, 1, 2, 5, 6}));
  const Tensor rows = one_hot(chosen, 3, dtype());
  EXPECT_EQ(rows.shape(), (Shape{3, 3}));
  EXPECT_TRUE(same_bits(values_of(rows), {0, 0, 1, 1, 0, 0, 0, 0, 1}));
}

TEST_P(EmbeddingTest, ModuleStartsStandardNormal) {
  nn::Embedding module(50, 40, 3, device());
  EXPECT_TRUE(same_bits(module.weight().to_host<float>(),
                        Rng(3, Device::cpu()).normal({50, 40}).to_host<float>()));
  EXPECT_EQ(module.named_parameters()[0].name, "weight");
  const Tensor chosen = labels({49, 0}, device());
  EXPECT_TRUE(same_bits(module(chosen).to_host<float>(),
                        embedding(module.weight(), chosen).to_host<float>()));
}

TEST_P(EmbeddingTest, Errors) {
  const Tensor weight = tensor({1, 2}, {2, 1});
  expect_error([&] { embedding(weight, weight); },
               std::string("[embedding] weight (2,1) and labels (2,1) of ") + name_of(dtype()) +
                   " are not a matrix and (n) of int32");
  expect_error([&] { embedding(weight.slice(0, {2}), labels({0}, device())); },
               "[embedding] weight (2) and labels (1) of int32 are not a matrix and (n) of int32");
  expect_error([&] { one_hot(weight, 2); }, std::string("[one_hot] labels (2,1) of ") +
                                                name_of(dtype()) + " are not (n) of int32");
  if (!device().is_cpu()) {
    expect_error([&] { embedding(weight, labels({0}, Device::cpu())); },
                 "[embedding] the weight is on cuda, the labels on cpu");
  }
}

KILN_ON_EVERY_PLACE(EmbeddingTest);

}  // namespace
}  // namespace kiln::test
