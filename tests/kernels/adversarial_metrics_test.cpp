// SPDX-License-Identifier: MIT
#include "kernels/adversarial_metrics.h"

#include <cmath>

#include "tests/support/inputs.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

template <class Backend>
class AdversarialMetrics : public BackendTest<Backend> {};
TYPED_TEST_SUITE(AdversarialMetrics, Backends, BackendNames);

TYPED_TEST(AdversarialMetrics, AddsLossesAndMeans) {
  using Real = typename TypeParam::Real;
  for (const std::int64_t batch : {1, 31, 64, 1000}) {
    for (const bool logits : {false, true}) {
      const auto outputs = random_values<Real>(2 * batch, 0, 1, 1);
      const Buffer<TypeParam> d_loss(std::vector<Real>{2}), g_loss(std::vector<Real>{3}),
          values(outputs), sums(std::vector<Real>{10, 20, 30, 40});
      kernels::adversarial_metrics(
          TypeParam::stream(),
          kernels::AdversarialMetrics<Real>{d_loss.data(), g_loss.data(), values.data(), batch,
                                            logits, sums.data()});
      std::vector<double> expected = {12, 23, 30, 40};
      for (std::size_t i = 0; i < outputs.size(); ++i) {
        const double x = static_cast<double>(outputs[i]);
        const double p = logits ? 1 / (1 + std::exp(-x)) : x;
        expected[i < outputs.size() / 2 ? 2 : 3] += p / static_cast<double>(batch);
      }
      EXPECT_TRUE(near(sums.values(), expected, 64 * kEpsilon<TypeParam>, 0)) << batch;
    }
  }
}

// Of rows of three numbers the first counts.
TYPED_TEST(AdversarialMetrics, TakesTheFirstColumn) {
  using Real = typename TypeParam::Real;
  const std::int64_t batch = 50;
  auto rows = random_values<Real>(6 * batch, 0, 1, 1);
  std::vector<double> expected = {2, 3, 0, 0};
  for (std::size_t i = 0; i < rows.size(); i += 3) {
    expected[i < rows.size() / 2 ? 2 : 3] += static_cast<double>(rows[i]) / 50;
    rows[i + 1] = rows[i + 2] = static_cast<Real>(NAN);
  }
  const Buffer<TypeParam> d_loss(std::vector<Real>{2}), g_loss(std::vector<Real>{3}), values(rows),
      sums(std::vector<Real>{0, 0, 0, 0});
  kernels::adversarial_metrics(TypeParam::stream(), kernels::AdversarialMetrics<Real>{
                                                        d_loss.data(), g_loss.data(), values.data(),
                                                        batch, false, sums.data(), 3});
  EXPECT_TRUE(near(sums.values(), expected, 64 * kEpsilon<TypeParam>, 0));
}

TYPED_TEST(AdversarialMetrics, NanIsSeen) {
  using Real = typename TypeParam::Real;
  const Buffer<TypeParam> d_loss(std::vector<Real>{static_cast<Real>(NAN)}),
      g_loss(std::vector<Real>{3}), outputs(std::vector<Real>{0, 1}),
      sums(std::vector<Real>{0, 0, 0, 0});
  kernels::adversarial_metrics(TypeParam::stream(), kernels::AdversarialMetrics<Real>{
                                                        d_loss.data(), g_loss.data(),
                                                        outputs.data(), 1, false, sums.data()});
  EXPECT_TRUE(std::isnan(sums.values()[0]));
  EXPECT_EQ(sums.values()[1], Real(3));
}

}  // namespace
}  // namespace kiln::test
