// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <string>

#include "kernels/launch.h"
#include "tests/support/buffer.h"

namespace kiln::test {
namespace {

__global__ void write_thread_index_kernel(float* out) {
  out[blockIdx.x * blockDim.x + threadIdx.x] = static_cast<float>(threadIdx.x);
}

class CudaLaunch : public BackendTest<CudaFloat> {
 protected:
  // The message of the error that a launch with this block size ends in; empty if there is none.
  static std::string launch_error(unsigned block, std::size_t shared_bytes, float* out) {
    try {
      kernels::launch("write_index", write_thread_index_kernel, 1, block, shared_bytes,
                      CudaFloat::stream(), out);
    } catch (const Error& error) {
      return error.what();
    }
    return {};
  }
};

TEST_F(CudaLaunch, RunsEveryThread) {
  const Buffer<CudaFloat> out(96);
  kernels::launch("write_index", write_thread_index_kernel, 3, 32, 0, CudaFloat::stream(),
                  out.data());
  const auto values = out.values();
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(values[i], static_cast<float>(i % 32));
  }
}

TEST_F(CudaLaunch, AnInvalidLaunchNamesTheOpAndTheError) {
  const Buffer<CudaFloat> out(32);
  const std::string message = launch_error(4096, 0, out.data());
  EXPECT_EQ(message.rfind("[write_index] CUDA: ", 0), 0u) << message;
  EXPECT_NE(message.find("cudaErrorInvalid"), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  EXPECT_NE(launch_error(0, 0, out.data()), "");
  EXPECT_NE(launch_error(32, 64 << 20, out.data()), "");
}

TEST_F(CudaLaunch, AnErrorIsReportedOnce) {
  const Buffer<CudaFloat> out(32);
  EXPECT_NE(launch_error(4096, 0, out.data()), "");
  EXPECT_EQ(launch_error(32, 0, out.data()), "");
  EXPECT_EQ(out.values()[31], 31);
}

TEST(CudaLaunchConfiguration, BlocksCoverAllItemsUpToACap) {
  EXPECT_EQ(kernels::blocks_for(0), 1u);
  EXPECT_EQ(kernels::blocks_for(1), 1u);
  EXPECT_EQ(kernels::blocks_for(256), 1u);
  EXPECT_EQ(kernels::blocks_for(257), 2u);
  EXPECT_EQ(kernels::blocks_for(std::int64_t{1} << 40), 4096u);
}

}  // namespace
}  // namespace kiln::test
