// SPDX-License-Identifier: MIT
#include "engine/data/gather.h"

#include "tests/support/devices.h"
#include "tests/support/expect_error.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

class GatherTest : public PlaceTest {
 protected:
  template <class T>
  Tensor array(const std::vector<T>& values, Shape shape) const {
    return Tensor::from_host(values, std::move(shape), device());
  }
};

TEST_P(GatherTest, RowsInTheOrderOfTheIndices) {
  const Tensor rows = array<std::uint8_t>({0, 51, 255, 1, 2, 3, 10, 20, 30}, {3, 3});
  const Tensor indices = array<std::int32_t>({2, 0, 2, 1}, {4});
  const Tensor raw = gather_rows(rows, indices, 1, 0);
  EXPECT_EQ(raw.shape(), (Shape{4, 3}));
  EXPECT_TRUE(same_bits(raw.to_host<float>(), {10, 20, 30, 0, 51, 255, 10, 20, 30, 1, 2, 3}));
}

TEST_P(GatherTest, ScaleAndShift) {
  const Tensor rows = array<std::uint8_t>({0, 51, 255}, {1, 3});
  const Tensor index = array<std::int32_t>({0}, {1});
  const std::vector<double> unit = {0, 0.2, 1}, centred = {-1, -0.6, 1};
  EXPECT_TRUE(near(values_of(gather_rows(rows, index)), unit, 1e-6, 0));
  EXPECT_TRUE(near(values_of(gather_rows(rows, index, 2.0 / 255, -1)), centred, 1e-6, 1e-6));
}

TEST_P(GatherTest, WideRows) {
  constexpr std::int64_t kRows = 37, kWidth = 785;
  std::vector<std::uint8_t> bytes(kRows * kWidth);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 31 % 251);
  std::vector<std::int32_t> indices;
  std::vector<float> expected;
  for (std::int32_t i = 0; i < 20; ++i) {
    indices.push_back(i * 11 % kRows);
    const auto first = bytes.begin() + indices.back() * kWidth;
    expected.insert(expected.end(), first, first + kWidth);
  }
  const Tensor out = gather_rows(array(bytes, {kRows, kWidth}), array(indices, {20}), 1, 0);
  EXPECT_TRUE(same_bits(out.to_host<float>(), expected));
}

TEST_P(GatherTest, Errors) {
  const Tensor rows = array<std::uint8_t>({1, 2, 3}, {1, 3});
  const Tensor indices = array<std::int32_t>({0}, {1});
  expect_error([&] { gather_rows(rows.slice(0, {3}), indices); },
               "[gather_rows] rows (3) and indices (1) must be a matrix and a vector");
  expect_error(
      [&] {
        gather_rows(rows, indices.slice(0, {1, 1}));
      },
      "[gather_rows] rows (1,3) and indices (1,1) must be a matrix and a vector");
  expect_error([&] { gather_rows(rows, array<float>({0}, {1})); },
               "[data] tensor is float32, not int32");
  expect_error(
      [&] {
        gather_rows(array<float>({0}, {1, 1}), indices);
      },
      "[data] tensor is float32, not uint8");
  if (!device().is_cpu()) {
    expect_error([&] { gather_rows(rows, indices.to(Device::cpu())); },
                 "[gather_rows] rows and indices are on different devices");
  }
}

KILN_ON_EVERY_FLOAT_PLACE(GatherTest);

}  // namespace
}  // namespace kiln::test
