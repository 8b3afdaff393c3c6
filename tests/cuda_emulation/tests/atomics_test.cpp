// SPDX-License-Identifier: MIT
// Atomic functions, fences, and a lock that needs other threads to run.
#include <gtest/gtest.h>

#include "launch.h"

namespace {

__global__ void atomics_kernel(int* i, unsigned* u, unsigned long long* l, float* f, double* d) {
  const int t = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  atomicAdd(&i[0], t);
  atomicMax(&i[1], t);
  atomicMin(&i[2], -t);
  atomicSub(&i[3], 1);
  atomicAdd(&u[0], 1u);
  atomicOr(&u[1], 1u << t % 32);
  atomicInc(&u[2], 9);
  atomicAdd(&l[0], 1ull << 32);
  atomicAdd(&f[0], 0.5f);
  atomicAdd(&d[0], 0.25);
  float* maximum = &f[1];
  int* bits = reinterpret_cast<int*>(maximum);
  int seen = atomicAdd(bits, 0);  // a plain read would be a race
  while (__int_as_float(seen) < static_cast<float>(t)) {
    const int before = atomicCAS(bits, seen, __float_as_int(static_cast<float>(t)));
    if (before == seen) break;
    seen = before;
  }
}

__global__ void lock_kernel(int* lock, int* sum) {
  while (atomicCAS(lock, 0, 1) != 0) {
  }
  __threadfence();
  const int before = *sum;
  atomicAdd(&lock[1], 1);  // other threads may run while the lock is held
  *sum = before + 1;
  __threadfence();
  atomicExch(lock, 0);
}

__global__ void last_block_kernel(float* partial, unsigned* done, float* total) {
  partial[blockIdx.x] = 1.0f;
  __threadfence();
  if (atomicAdd(done, 1u) == gridDim.x - 1) {
    __threadfence();
    float sum = 0;
    for (unsigned i = 0; i < gridDim.x; ++i) sum += partial[i];
    *total = sum;
  }
}

TEST(Atomics, AddUpOverAllThreads) {
  DeviceArray<int> i(std::vector<int>{0, -1, 1, 0});
  DeviceArray<unsigned> u(std::vector<unsigned>{0, 0, 0});
  DeviceArray<unsigned long long> l(std::vector<unsigned long long>{0});
  DeviceArray<float> f(std::vector<float>{0, -1});
  DeviceArray<double> d(std::vector<double>{0});
  ASSERT_EQ(
      launch(atomics_kernel, 4, 50, 0, nullptr, i.data(), u.data(), l.data(), f.data(), d.data()),
      cudaSuccess);
  EXPECT_EQ(i.host(), (std::vector<int>{199 * 100, 199, -199, -200}));
  EXPECT_EQ(u.host(), (std::vector<unsigned>{200, 0xffffffffu, 0}));
  EXPECT_EQ(l.host()[0], 200ull << 32);
  EXPECT_EQ(f.host()[0], 100.0f);
  EXPECT_EQ(f.host()[1], 199.0f);
  EXPECT_EQ(d.host()[0], 50.0);
}

TEST(Atomics, ALockIsEventuallyReleased) {
  DeviceArray<int> lock(std::vector<int>{0, 0}), sum(std::vector<int>{0});
  ASSERT_EQ(launch(lock_kernel, 2, 48, 0, nullptr, lock.data(), sum.data()), cudaSuccess);
  EXPECT_EQ(sum.host()[0], 96);
}

TEST(Atomics, TheLastBlockSeesWhatTheOthersFenced) {
  DeviceArray<float> partial(9), total(1);
  DeviceArray<unsigned> done(std::vector<unsigned>{0});
  ASSERT_EQ(launch(last_block_kernel, 9, 1, 0, nullptr, partial.data(), done.data(), total.data()),
            cudaSuccess);
  EXPECT_EQ(total.host()[0], 9.0f);
}

}  // namespace
