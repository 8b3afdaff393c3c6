// SPDX-License-Identifier: MIT
#include "tests/support/buffer.h"

#include <gtest/gtest-spi.h>

#include <cmath>

namespace kiln::test {
namespace {

template <class Backend>
class BufferTest : public BackendTest<Backend> {};
TYPED_TEST_SUITE(BufferTest, Backends, BackendNames);

TYPED_TEST(BufferTest, HoldsWhatWasPut) {
  for (const Placement placement : {Placement::aligned, Placement::misaligned}) {
    const Buffer<TypeParam> buffer(std::vector<double>{1, 2.5, -3}, placement);
    EXPECT_EQ(buffer.values(), (std::vector<typename TypeParam::Real>{1, 2.5, -3}));
    const auto address = reinterpret_cast<std::uintptr_t>(buffer.data());
    EXPECT_EQ(address % 64, placement == Placement::aligned ? 0 : sizeof(typename TypeParam::Real));
  }
}

TEST(Buffer, AnOutputBeginsAsNan) {
  if (!has_guards<CpuFloat>()) GTEST_SKIP() << "this build leaves outputs unset";
  for (const float value : Buffer<CpuFloat>(3).values()) EXPECT_TRUE(std::isnan(value));
}

TYPED_TEST(BufferTest, MayBeEmpty) {
  EXPECT_TRUE(Buffer<TypeParam>(0).values().empty());
  EXPECT_TRUE(Buffer<TypeParam>(0, Placement::misaligned).values().empty());
}

void write_around_an_array(std::int64_t index) {
  const Buffer<CpuFloat> buffer(4);
  buffer.data()[index] = 1;
}

TEST(BufferGuards, ReportWritesAround) {
  if (!has_guards<CpuFloat>()) GTEST_SKIP() << "this build checks every access instead";
  EXPECT_NONFATAL_FAILURE(write_around_an_array(4), "written after an array");
  EXPECT_NONFATAL_FAILURE(write_around_an_array(-1), "written before an array");
}

}  // namespace
}  // namespace kiln::test
