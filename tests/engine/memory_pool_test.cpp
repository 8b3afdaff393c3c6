// SPDX-License-Identifier: MIT
#include "engine/memory_pool.h"

#include <gtest/gtest.h>

#include <map>

#include "kernels/error.h"
#include "tests/support/expect_error.h"

namespace kiln::test {
namespace {

// A device of `capacity` bytes whose addresses are numbers.
class FakeDevice {
 public:
  explicit FakeDevice(std::size_t capacity) : capacity_(capacity) {}

  MemoryPool::Allocate allocator() {
    return [this](std::size_t bytes) {
      ++requests;
      if (in_use() + bytes > capacity_) throw Error("full");
      void* data = reinterpret_cast<void*>(next_ += std::uintptr_t{1} << 40);
      blocks_[data] = bytes;
      return data;
    };
  }
  MemoryPool::Free deleter() {
    return [this](void* data) { EXPECT_EQ(blocks_.erase(data), 1u); };
  }
  std::size_t in_use() const {
    std::size_t total = 0;
    for (const auto& [data, bytes] : blocks_) total += bytes;
    return total;
  }
  std::size_t size_of(void* data) const { return blocks_.at(data); }

  int requests = 0;

 private:
  std::size_t capacity_;
  std::uintptr_t next_ = 0;
  std::map<void*, std::size_t> blocks_;
};

class MemoryPoolTest : public ::testing::Test {
 protected:
  FakeDevice device_{1 << 20};
  MemoryPool pool_{device_.allocator(), device_.deleter()};
};

TEST_F(MemoryPoolTest, ReusesAFreedBlock) {
  void* first = pool_.allocate(1000);
  void* second = pool_.allocate(1000);
  EXPECT_NE(first, second);
  pool_.free(first, 1000);
  EXPECT_EQ(pool_.allocate(1000), first);
  EXPECT_EQ(pool_.device_allocations(), 2u);
  EXPECT_EQ(device_.requests, 2);
}

TEST_F(MemoryPoolTest, NearlyEqualSizesShareBlocks) {
  void* data = pool_.allocate(100000);
  pool_.free(data, 100000);
  EXPECT_EQ(pool_.allocate(99999), data);
  EXPECT_NE(pool_.allocate(60000), data);
}

TEST_F(MemoryPoolTest, BlocksAreBigEnoughAndWasteLittle) {
  for (std::size_t bytes = 1; bytes < 300000; bytes += 1 + bytes / 7) {
    void* data = pool_.allocate(bytes);
    const std::size_t size = device_.size_of(data);
    EXPECT_GE(size, bytes);
    EXPECT_LE(size, bytes + std::max<std::size_t>(bytes / 8, 256));
    EXPECT_EQ(size % 256, 0u);
    pool_.free(data, bytes);
    pool_.release();
  }
}

TEST_F(MemoryPoolTest, NothingIsNull) {
  EXPECT_EQ(pool_.allocate(0), nullptr);
  pool_.free(nullptr, 0);
  EXPECT_EQ(device_.requests, 0);
}

TEST_F(MemoryPoolTest, ReleaseGivesCachedBlocksBack) {
  void* kept = pool_.allocate(1024);
  pool_.free(pool_.allocate(2048), 2048);
  EXPECT_EQ(device_.in_use(), 3072u);
  pool_.release();
  EXPECT_EQ(device_.in_use(), 1024u);
  pool_.free(kept, 1024);
  EXPECT_EQ(pool_.allocate(1024), kept);
}

TEST_F(MemoryPoolTest, OutOfMemoryReleasesTheCacheAndTriesOnceMore) {
  pool_.free(pool_.allocate(900000), 900000);
  void* data = pool_.allocate(500000);
  EXPECT_GE(device_.size_of(data), 500000u);
  EXPECT_LT(device_.in_use(), 900000u);
  EXPECT_EQ(device_.requests, 3);
}

TEST_F(MemoryPoolTest, OutOfMemoryPassesTheDevicesErrorOn) {
  expect_error([&] { pool_.allocate(2 << 20); }, "full");
  EXPECT_EQ(device_.requests, 2);
  EXPECT_NE(pool_.allocate(1000), nullptr);
}

TEST(MemoryPoolEndTest, ReturnsWhatItHolds) {
  FakeDevice device(1 << 20);
  {
    MemoryPool pool(device.allocator(), device.deleter());
    void* a = pool.allocate(300);
    void* b = pool.allocate(70000);
    pool.free(a, 300);
    pool.free(b, 70000);
  }
  EXPECT_EQ(device.in_use(), 0u);
}

}  // namespace
}  // namespace kiln::test
