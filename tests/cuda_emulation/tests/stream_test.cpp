// SPDX-License-Identifier: MIT
// Lazy streams and events: nothing happens before somebody waits, then everything in order.
#include <gtest/gtest.h>

#include "launch.h"

namespace {

__global__ void set_kernel(int* x, int value) { *x = value; }
__global__ void double_kernel(int* x) { *x *= 2; }

class Streams : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(cudaStreamCreateWithFlags(&a_, cudaStreamNonBlocking), cudaSuccess);
    ASSERT_EQ(cudaStreamCreateWithFlags(&b_, cudaStreamNonBlocking), cudaSuccess);
    ASSERT_EQ(cudaEventCreate(&event_), cudaSuccess);
    ASSERT_EQ(cudaMallocHost(&host_, sizeof(int)), cudaSuccess);
    *host_ = -1;
  }
  void TearDown() override {
    EXPECT_EQ(cudaFreeHost(host_), cudaSuccess);
    EXPECT_EQ(cudaEventDestroy(event_), cudaSuccess);
    EXPECT_EQ(cudaStreamDestroy(a_), cudaSuccess);
    EXPECT_EQ(cudaStreamDestroy(b_), cudaSuccess);
  }
  cudaError_t fetch(cudaStream_t stream) {
    return cudaMemcpyAsync(host_, x_.data(), sizeof(int), cudaMemcpyDeviceToHost, stream);
  }

  cudaStream_t a_ = nullptr, b_ = nullptr;
  cudaEvent_t event_ = nullptr;
  int* host_ = nullptr;
  DeviceArray<int> x_{std::vector<int>{1}};
};

TEST_F(Streams, RunOnlyWhenWaitedFor) {
  ASSERT_EQ(launch(set_kernel, 1, 1, 0, a_, x_.data(), 5), cudaSuccess);
  ASSERT_EQ(fetch(a_), cudaSuccess);
  EXPECT_EQ(*host_, -1);
  ASSERT_EQ(cudaStreamSynchronize(b_), cudaSuccess);
  EXPECT_EQ(*host_, -1);
  ASSERT_EQ(cudaStreamSynchronize(a_), cudaSuccess);
  EXPECT_EQ(*host_, 5);
}

TEST_F(Streams, PollingMakesProgress) {
  ASSERT_EQ(launch(set_kernel, 1, 1, 0, a_, x_.data(), 5), cudaSuccess);
  ASSERT_EQ(fetch(a_), cudaSuccess);
  int polls = 0;
  while (cudaStreamQuery(a_) == cudaErrorNotReady) ++polls;
  EXPECT_EQ(polls, 2);
  EXPECT_EQ(*host_, 5);
  ASSERT_EQ(cudaEventRecord(event_, a_), cudaSuccess);
  EXPECT_EQ(cudaEventQuery(event_), cudaErrorNotReady);
  EXPECT_EQ(cudaEventQuery(event_), cudaSuccess);
}

TEST_F(Streams, EventsOrderThem) {
  for (int round = 0; round < 20; ++round) {
    ASSERT_EQ(launch(set_kernel, 1, 1, 0, a_, x_.data(), round), cudaSuccess);
    ASSERT_EQ(cudaEventRecord(event_, a_), cudaSuccess);
    ASSERT_EQ(cudaStreamWaitEvent(b_, event_, 0), cudaSuccess);
    ASSERT_EQ(launch(double_kernel, 1, 1, 0, b_, x_.data()), cudaSuccess);
    ASSERT_EQ(fetch(b_), cudaSuccess);
    ASSERT_EQ(cudaStreamSynchronize(b_), cudaSuccess);
    EXPECT_EQ(*host_, 2 * round);
  }
}

TEST_F(Streams, WithoutEventsRunInEitherOrder) {
  bool doubled_first = false, doubled_last = false;
  for (int round = 0; round < 100; ++round) {
    ASSERT_EQ(launch(set_kernel, 1, 1, 0, nullptr, x_.data(), 1), cudaSuccess);
    ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
    ASSERT_EQ(launch(set_kernel, 1, 1, 0, a_, x_.data(), 3), cudaSuccess);
    ASSERT_EQ(launch(double_kernel, 1, 1, 0, b_, x_.data()), cudaSuccess);
    ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
    const int result = x_.host()[0];
    doubled_last |= result == 6;
    doubled_first |= result == 3;
  }
  EXPECT_TRUE(doubled_first);
  EXPECT_TRUE(doubled_last);
}

TEST_F(Streams, TheNullStreamWaitsForBlockingOnes) {
  cudaStream_t blocking;
  ASSERT_EQ(cudaStreamCreate(&blocking), cudaSuccess);
  ASSERT_EQ(launch(set_kernel, 1, 1, 0, blocking, x_.data(), 4), cudaSuccess);
  ASSERT_EQ(launch(double_kernel, 1, 1, 0, nullptr, x_.data()), cudaSuccess);
  ASSERT_EQ(launch(double_kernel, 1, 1, 0, blocking, x_.data()), cudaSuccess);
  ASSERT_EQ(cudaStreamSynchronize(blocking), cudaSuccess);
  EXPECT_EQ(x_.host()[0], 16);
  EXPECT_EQ(cudaStreamDestroy(blocking), cudaSuccess);
}

TEST_F(Streams, CallTheHostInOrderAndForbidItTheApi) {
  struct Seen {
    int* value;
    int at_call;
    cudaError_t error;
  } seen{host_, 0, cudaSuccess};
  ASSERT_EQ(launch(set_kernel, 1, 1, 0, a_, x_.data(), 8), cudaSuccess);
  ASSERT_EQ(fetch(a_), cudaSuccess);
  ASSERT_EQ(cudaLaunchHostFunc(
                a_,
                [](void* data) {
                  auto* s = static_cast<Seen*>(data);
                  s->at_call = *s->value;
                  s->error = cudaDeviceSynchronize();
                },
                &seen),
            cudaSuccess);
  EXPECT_EQ(seen.at_call, 0);
  ASSERT_EQ(cudaStreamSynchronize(a_), cudaSuccess);
  EXPECT_EQ(seen.at_call, 8);
  EXPECT_EQ(seen.error, cudaErrorNotPermitted);
  cudaGetLastError();
}

TEST_F(Streams, EventsTellTime) {
  cudaEvent_t stop;
  ASSERT_EQ(cudaEventCreate(&stop), cudaSuccess);
  ASSERT_EQ(cudaEventRecord(event_, a_), cudaSuccess);
  ASSERT_EQ(cudaEventRecord(stop, a_), cudaSuccess);
  float milliseconds = -1;
  EXPECT_EQ(cudaEventElapsedTime(&milliseconds, event_, stop), cudaErrorNotReady);
  ASSERT_EQ(cudaEventSynchronize(stop), cudaSuccess);
  EXPECT_EQ(cudaEventElapsedTime(&milliseconds, event_, stop), cudaSuccess);
  EXPECT_GE(milliseconds, 0.0f);
  EXPECT_EQ(cudaEventDestroy(stop), cudaSuccess);
}

TEST_F(Streams, DestroyedOnesStillFinishTheirWork) {
  cudaStream_t short_lived;
  ASSERT_EQ(cudaStreamCreate(&short_lived), cudaSuccess);
  ASSERT_EQ(launch(set_kernel, 1, 1, 0, short_lived, x_.data(), 9), cudaSuccess);
  ASSERT_EQ(cudaStreamDestroy(short_lived), cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(short_lived), cudaErrorInvalidResourceHandle);
  cudaGetLastError();
  ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  EXPECT_EQ(x_.host()[0], 9);
}

}  // namespace
