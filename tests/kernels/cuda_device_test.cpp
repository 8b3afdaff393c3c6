// SPDX-License-Identifier: MIT
#ifdef KILN_HAS_CUDA
#include "kernels/cuda_device.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "kernels/error.h"
#include "tests/support/backends.h"

namespace kiln::test {
namespace {

TEST(CudaDeviceCount, SaysWhyThereIsNoDevice) {
  std::string reason;
  if (kernels::cuda_device_count(reason) > 0) {
    EXPECT_EQ(reason, "");
  } else {
    EXPECT_NE(reason, "");
    EXPECT_EQ(reason.find('\n'), std::string::npos);
  }
}

class CudaDevice : public BackendTest<CudaFloat> {};

TEST_F(CudaDevice, HasANameAndMemory) {
  const kernels::CudaDeviceInfo info = kernels::cuda_device_info(0);
  EXPECT_NE(info.name, "");
  EXPECT_GE(info.major, 1);
  EXPECT_GT(info.memory_bytes, 0u);
}

TEST_F(CudaDevice, ADeviceThatIsNotThereIsAnErrorReportedOnce) {
  EXPECT_THROW(kernels::cuda_select_device(1000), Error);
  EXPECT_THROW(kernels::cuda_device_info(1000), Error);
  EXPECT_NO_THROW(kernels::cuda_select_device(0));
  EXPECT_NO_THROW(kernels::cuda_synchronize(CudaFloat::stream()));
}

TEST_F(CudaDevice, CopiesThereAndBack) {
  std::vector<int> host(1030), back(host.size());
  std::iota(host.begin(), host.end(), 1);
  const std::size_t bytes = host.size() * sizeof(int);
  const auto stream = kernels::cuda_create_stream();
  void* const first = kernels::cuda_allocate(bytes);
  void* const second = kernels::cuda_allocate(bytes);
  kernels::cuda_copy_to_device(stream, host.data(), first, bytes);
  kernels::cuda_copy_on_device(stream, first, second, bytes);
  kernels::cuda_copy_to_host(stream, second, back.data(), bytes);
  EXPECT_EQ(back, host);
  kernels::cuda_free(first);
  kernels::cuda_free(second);
}

TEST_F(CudaDevice, NothingToAllocateOrCopyIsFine) {
  EXPECT_EQ(kernels::cuda_allocate(0), nullptr);
  EXPECT_NO_THROW(kernels::cuda_free(nullptr));
  EXPECT_NO_THROW(kernels::cuda_copy_to_device(CudaFloat::stream(), nullptr, nullptr, 0));
  EXPECT_NO_THROW(kernels::cuda_copy_to_host(CudaFloat::stream(), nullptr, nullptr, 0));
  EXPECT_NO_THROW(kernels::cuda_copy_on_device(CudaFloat::stream(), nullptr, nullptr, 0));
}

TEST_F(CudaDevice, OutOfMemorySaysHowMuchWasAsked) {
  const std::size_t asked = std::size_t{1} << 50;
  try {
    kernels::cuda_free(kernels::cuda_allocate(asked));
    FAIL() << "a petabyte was allocated";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.rfind("[allocate] out of GPU memory: asked for " + std::to_string(asked), 0),
              0u)
        << message;
  }
  kernels::cuda_free(kernels::cuda_allocate(64));  // the next call is not blamed
}

}  // namespace
}  // namespace kiln::test
#endif
