// SPDX-License-Identifier: MIT
// What CUDA's errors say. Those that need a broken machine are made up from the runtime's codes;
// those of a fault are raised in a process of their own, since a fault ends the use of a device.
#include <gtest/gtest.h>

#include <cstdlib>

#include "kernels/cuda_error.h"
#include "kernels/launch.h"
#include "tests/support/buffer.h"

namespace kiln::test {
namespace {

using namespace kernels;

TEST(CudaErrorWords, ADriverThatIsAbsentOrTooOld) {
  EXPECT_EQ(no_device_reason(cudaErrorInsufficientDriver, 0, 13000),
            "no NVIDIA driver is installed");
  EXPECT_EQ(no_device_reason(cudaErrorInsufficientDriver, 12040, 13010),
            "the NVIDIA driver is too old: it supports CUDA 12.4, this build needs CUDA 13.0");
}

TEST(CudaErrorWords, NoDevice) {
  EXPECT_EQ(no_device_reason(cudaErrorNoDevice, 13000, 13000), "no NVIDIA GPU was found");
  EXPECT_EQ(no_device_reason(cudaSuccess, 13000, 13000), "no NVIDIA GPU was found");
  EXPECT_EQ(no_device_reason(cudaErrorUnknown, 13000, 13000),
            "CUDA: unknown error (cudaErrorUnknown)");
}

TEST(CudaErrorWords, AnArchitectureThatTheBuildHasNoCodeFor) {
  EXPECT_TRUE(is_missing_code(cudaErrorNoKernelImageForDevice));
  EXPECT_FALSE(is_missing_code(cudaSuccess));
  EXPECT_FALSE(is_missing_code(cudaErrorNoDevice));
  EXPECT_EQ(missing_code_reason(cudaErrorNoKernelImageForDevice, "Tesla V100", 7, 0, {750, 1200},
                                12040, 13000),
            "Tesla V100 is sm_70, and this build has kernels for sm_75, sm_120; build Kiln with "
            "this number in CMAKE_CUDA_ARCHITECTURES (cudaErrorNoKernelImageForDevice)");
}

TEST(CudaErrorWords, PtxThatTheDriverCannotCompile) {
  const auto unsupported_ptx_version = static_cast<cudaError_t>(222);
  EXPECT_TRUE(is_missing_code(unsupported_ptx_version));
  EXPECT_EQ(missing_code_reason(unsupported_ptx_version, "NVIDIA H100", 9, 0, {800}, 13000, 13010),
            "NVIDIA H100 is sm_90, and this build has kernels for sm_80 and PTX of CUDA 13.1, "
            "which the driver, of CUDA 13.0, is too old to compile");
}

TEST(CudaErrorWords, FaultsAreToldFromMistakes) {
  EXPECT_TRUE(is_fault(cudaErrorIllegalAddress));
  EXPECT_TRUE(is_fault(cudaErrorMisalignedAddress));
  EXPECT_TRUE(is_fault(cudaErrorLaunchFailure));
  EXPECT_FALSE(is_fault(cudaSuccess));
  EXPECT_FALSE(is_fault(cudaErrorInvalidConfiguration));
  EXPECT_FALSE(is_fault(cudaErrorMemoryAllocation));
}

__global__ void store_kernel(float* x) { x[threadIdx.x] = 1; }

class CudaFaultDeathTest : public BackendTest<CudaFloat> {
 protected:
  void SetUp() override {
    GTEST_FLAG_SET(death_test_style, "threadsafe");  // a process that has not touched the device
    BackendTest::SetUp();
  }

  // Launches a correct, a faulty and a correct kernel and waits; exits with the error on stderr.
  [[noreturn]] static void run_faulty_kernel(const char* synchronise, bool capture = false) {
    setenv("KILN_CUDA_SYNC", synchronise, 1);
    const CudaStream stream = CudaFloat::stream();
    auto* const good = static_cast<float*>(cuda_allocate(32 * sizeof(float)));
    auto* const bad = reinterpret_cast<float*>(64);
    try {
      if (capture)
        check_cuda(cudaStreamBeginCapture(native(stream), cudaStreamCaptureModeThreadLocal),
                   "capture");
      launch("before", store_kernel, 1, 16, 0, stream, good);
      launch("faulty", store_kernel, 1, 32, 0, stream, bad);
      launch("after", store_kernel, dim3(2, 3), 16, 0, stream, good);
      if (capture) {
        cudaGraph_t graph = nullptr;
        cudaGraphExec_t replay = nullptr;
        check_cuda(cudaStreamEndCapture(native(stream), &graph), "capture");
        check_cuda(cudaGraphInstantiate(&replay, graph, 0), "capture");
        check_cuda(cudaGraphLaunch(replay, native(stream)), "replay");
      }
      cuda_synchronize(stream);
    } catch (const Error& error) {
      fprintf(stderr, "message: %s\n", error.what());
      std::_Exit(1);
    }
    fprintf(stderr, "message: none\n");
    std::_Exit(0);
  }
};

TEST_F(CudaFaultDeathTest, ALaterCallNamesTheLastLaunchAndTheWayToFindTheFault) {
  EXPECT_EXIT(run_faulty_kernel("0"), ::testing::ExitedWithCode(1),
              "message: \\[[a-z]+\\] CUDA: .*cudaErrorIllegalAddress.* in work that was queued "
              "earlier, at or before '[a-z]+' .*KILN_CUDA_SYNC=1");
}

TEST_F(CudaFaultDeathTest, SynchronousLaunchesNameTheFaultyOne) {
  EXPECT_EXIT(run_faulty_kernel("1"), ::testing::ExitedWithCode(1),
              "message: \\[faulty\\] CUDA: .*cudaErrorIllegalAddress.* in this launch, grid 1x1x1, "
              "block 32x1x1, 0 bytes of dynamic shared memory");
}

TEST_F(CudaFaultDeathTest, SynchronousLaunchesLeaveACaptureAlone) {
  EXPECT_EXIT(run_faulty_kernel("1", true), ::testing::ExitedWithCode(1),
              "message: \\[[a-z]+\\] CUDA: .*cudaErrorIllegalAddress.* in work that was queued "
              "earlier, at or before 'after' \\(grid 2x3x1.* outside a graph");
}

class CudaLaunchObserver : public BackendTest<CudaFloat> {};

TEST_F(CudaLaunchObserver, SeesEveryLaunchUntilItIsRemoved) {
  static std::vector<LaunchInfo> seen;
  seen.clear();
  const Buffer<CudaFloat> out(96);
  observe_launches([](const LaunchInfo& launch) { seen.push_back(launch); });
  launch("first", store_kernel, 1, 96, 0, CudaFloat::stream(), out.data());
  observe_launches(nullptr);
  launch("second", store_kernel, 1, 32, 0, CudaFloat::stream(), out.data());
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_STREQ(seen[0].op, "first");
  EXPECT_EQ(seen[0].grid.x, 1u);
  EXPECT_EQ(seen[0].block.x, 96u);
  EXPECT_EQ(seen[0].kernel, reinterpret_cast<const void*>(store_kernel));
  EXPECT_EQ(out.values()[31], 1);
}

}  // namespace
}  // namespace kiln::test
