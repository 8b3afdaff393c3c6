// SPDX-License-Identifier: MIT
#ifdef KILN_HAS_CUDA
// What linear_backward() asks of cuBLASLt and what it launches beside it.
#include <string>
#include <utility>
#include <vector>

#include "kernels/cuda_error.h"
#include "tests/kernels/linear_backward_problem.h"

namespace kiln::test {
namespace {

using kernels::ActivationKind;
using Cublas = CudaGemm<kernels::GemmBackend::cublas>;

class CudaCublasLinearBackward : public GemmBackendTest<Cublas> {
 protected:
  // The kernels of this project that run beside the library's products.
  static std::vector<std::string> launches_of(const LinearCase& c) {
    static std::vector<std::string> seen;
    seen.clear();
    const auto in = LinearInputs<float>::integers(c);
    kernels::observe_launches([](const kernels::LaunchInfo& launch) {
      seen.push_back(std::string(launch.op) + ' ' + std::to_string(launch.block.x));
    });
    run_linear_backward<Cublas>(c, in);
    kernels::observe_launches(nullptr);
    return seen;
  }
};

// The bias gradient is in dW's product and the derivative of relu in that of dx, but for its mask.
TEST_F(CudaCublasLinearBackward, IsTwoProductsForAReluLayer) {
  LinearCase c = {33, 65, 20};
  EXPECT_EQ(launches_of(c).size(), 0u);
  c.activation = {ActivationKind::relu};
  EXPECT_EQ(launches_of(c), std::vector<std::string>{"linear_backward 256"});  // the mask
  c.activation = {ActivationKind::tanh};
  EXPECT_EQ(launches_of(c), std::vector<std::string>{"linear_backward 128"});  // dx by tiles
  c.activation = {};
  c.dbias = Gradient::accumulate;
  EXPECT_EQ(launches_of(c).size(), 1u);  // a column sum
}

// Rows of less and of more than a sector; the last shape has more words than a round of the grid.
TEST_F(CudaCublasLinearBackward, MasksOfManyShapes) {
  for (const auto& [batch, in] : {std::pair<std::int64_t, std::int64_t>{1, 1},
                                  {3, 127},
                                  {2, 128},
                                  {5, 129},
                                  {9, 1000},
                                  {70000, 3}}) {
    if (kIsSanitized && batch > 1000) continue;
    LinearCase c = {batch, in, 2};
    c.activation = {ActivationKind::relu};
    LinearBackward<Cublas>::expect_exact(c);
  }
}

}  // namespace
}  // namespace kiln::test

#endif
