// SPDX-License-Identifier: MIT
#include "engine/tensor.h"

#include "engine/dispatch.h"
#include "tests/support/devices.h"
#include "tests/support/expect_error.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using TensorTest = PlaceTest;

TEST(ShapeTest, CountsAndText) {
  EXPECT_EQ(element_count({}), 1);
  EXPECT_EQ(element_count({2, 3, 4}), 24);
  EXPECT_EQ(element_count({2, 0, 4}), 0);
  EXPECT_EQ(to_string(Shape{}), "()");
  EXPECT_EQ(to_string(Shape{64, 784}), "(64,784)");
}

TEST(ShapeTest, Errors) {
  expect_error([] { element_count({2, -1}); }, "[shape] (2,-1) has a negative size");
  expect_error([] { element_count({0, -1}); }, "[shape] (0,-1) has a negative size");
  const std::int64_t big = std::int64_t{1} << 31;
  expect_error(
      [&] {
        element_count({big, big, 4});
      },
      "[shape] (2147483648,2147483648,4) is too large");
  expect_error([&] { element_count({big, big}); }, "[shape] (2147483648,2147483648) is too large");
  // 2^64 elements would count as 0 in 64 bits.
  expect_error(
      [&] {
        element_count({big, big, 2, 2});
      },
      "[shape] (2147483648,2147483648,2,2) is too large");
}

TEST_P(TensorTest, FromHostAndBack) {
  const Tensor x = tensor({1, 2, 3, 4, 5, 6}, {2, 3});
  EXPECT_EQ(x.shape(), (Shape{2, 3}));
  EXPECT_EQ(x.rank(), 2u);
  EXPECT_EQ(x.dim(1), 3);
  EXPECT_EQ(x.numel(), 6);
  EXPECT_EQ(x.dtype(), dtype());
  EXPECT_TRUE(x.device() == device());
  EXPECT_TRUE(same_bits(values_of(x), {1, 2, 3, 4, 5, 6}));
  EXPECT_FALSE(Tensor().defined());
  EXPECT_TRUE(x.defined());
}

TEST_P(TensorTest, FullZerosItem) {
  EXPECT_TRUE(same_bits(values_of(Tensor::full({2}, 1.5, device(), dtype())), {1.5, 1.5}));
  EXPECT_TRUE(same_bits(values_of(Tensor::zeros({2}, device(), dtype())), {0, 0}));
  EXPECT_EQ(tensor({2.5}, {1, 1}).item(), 2.5);
  expect_error([&] { tensor({1, 2}, {2}).item(); }, "[item] shape (2) is not one element");
}

TEST_P(TensorTest, CopiesOwnTheirStorageAndViewsShareIt) {
  const Tensor x = tensor({1, 2, 3, 4}, {2, 2});
  const Tensor copy = x.clone(), view = x.slice(1, {2}), same = x.detach(), handle = x;
  x.fill(9);
  EXPECT_TRUE(same_bits(values_of(copy), {1, 2, 3, 4}));
  EXPECT_TRUE(same_bits(values_of(view), {9, 9}));
  EXPECT_EQ(same.raw(), x.raw());
  EXPECT_EQ(handle.impl(), x.impl());
  view.copy_from(tensor({5, 6}, {2}));
  EXPECT_TRUE(same_bits(values_of(x), {9, 5, 6, 9}));
  view.add_from(tensor({1, 1}, {2}));
  EXPECT_TRUE(same_bits(values_of(x), {9, 6, 7, 9}));
  EXPECT_TRUE(same_bits(values_of(view.slice(1, {1})), {7}));
}

TEST_P(TensorTest, ViewsKeepTheirStorageAlive) {
  Tensor view = tensor({1, 2, 3, 4}, {4}).slice(2, {2});
  const Tensor other = tensor({7, 7, 7, 7}, {4});
  EXPECT_TRUE(same_bits(values_of(view), {3, 4}));
}

TEST_P(TensorTest, SliceBounds) {
  const Tensor x = tensor({1, 2, 3, 4, 5, 6}, {2, 3});
  EXPECT_TRUE(same_bits(values_of(x.slice(3, {3})), {4, 5, 6}));
  EXPECT_EQ(x.slice(6, {0}).numel(), 0);
  expect_error([&] { x.slice(4, {3}); }, "[slice] (3) from element 4 is outside (2,3)");
  expect_error([&] { x.slice(-1, {1}); }, "[slice] (1) from element -1 is outside (2,3)");
  expect_error([&] { x.slice(0, {7}); }, "[slice] (7) from element 0 is outside (2,3)");
  expect_error([&] { x.slice(7, {0}); }, "[slice] (0) from element 7 is outside (2,3)");
  const std::int64_t last = std::numeric_limits<std::int64_t>::max();
  expect_error([&] { x.slice(last, {1}); },
               "[slice] (1) from element " + std::to_string(last) + " is outside (2,3)");
}

TEST_P(TensorTest, MovesBetweenDevices) {
  const Tensor x = leaf({1, 2, 3}, {3});
  EXPECT_EQ(x.to(device()).raw(), x.raw());
  const Tensor on_cpu = x.to(Device::cpu());
  EXPECT_TRUE(on_cpu.device() == Device::cpu());
  EXPECT_FALSE(on_cpu.requires_grad());
  EXPECT_TRUE(same_bits(values_of(on_cpu.to(device())), {1, 2, 3}));
}

TEST_P(TensorTest, IntegersAreStoredAndNotComputedWith) {
  const std::vector<std::uint8_t> bytes = {1, 2, 255};
  const Tensor x = Tensor::from_host(bytes, {3}, device());
  EXPECT_EQ(x.dtype(), DType::uint8);
  EXPECT_TRUE(same_bits(x.clone().to_host<std::uint8_t>(), bytes));
  const std::vector<std::uint64_t> words = {~std::uint64_t{0}};
  EXPECT_TRUE(same_bits(Tensor::from_host(words, {}, device()).to_host<std::uint64_t>(), words));
  const std::string place = device().name();
  expect_error([&] { x.fill(0); }, "[fill] uint8 is not supported on " + place);
  expect_error([&] { x.slice(0, {1}).item(); }, "[data] tensor is uint8, not float32");
}

TEST(TensorAdopt, TakesTheBytesOverWithoutACopy) {
  std::vector<std::uint8_t> bytes = {1, 2, 3, 4, 5, 6};
  const void* const place = bytes.data();
  Tensor row;
  {
    const Tensor x = Tensor::adopt(std::move(bytes), {2, 3});
    EXPECT_EQ(x.raw(), place);
    EXPECT_EQ(x.dtype(), DType::uint8);
    EXPECT_TRUE(x.device() == Device::cpu());
    row = x.slice(3, {3});
  }
  EXPECT_EQ(row.to_host<std::uint8_t>(), (std::vector<std::uint8_t>{4, 5, 6}));
  EXPECT_EQ(Tensor::adopt({}, {0, 3}).numel(), 0);
  expect_error([] { Tensor::adopt({1, 2}, {3}); }, "[adopt] 2 values do not fill shape (3)");
}

TEST_P(TensorTest, Errors) {
  const Tensor x = tensor({1, 2}, {2});
  expect_error([&] { tensor({1, 2, 3}, {2}); }, "[from_host] 3 values do not fill shape (2)");
  expect_error([&] { x.to_host<std::int32_t>(); },
               std::string("[data] tensor is ") + name_of(dtype()) + ", not int32");
  expect_error(
      [&] {
        x.copy_from(tensor({1, 2}, {1, 2}));
      },
      "[copy_from] shape (1,2) does not match (2)");
  expect_error([&] { x.add_from(tensor({1}, {1})); }, "[add_from] shape (1) does not match (2)");
  const Tensor bytes = Tensor::from_host(std::vector<std::uint8_t>(2), {2}, device());
  const std::string place = device().name();
  expect_error([&] { x.copy_from(bytes); }, std::string("[copy_from] ") + name_of(dtype()) +
                                                " on " + place + " does not match uint8 on " +
                                                place);
  if (!device().is_cpu()) {
    expect_error([&] { x.copy_from(x.to(Device::cpu())); },
                 "[copy_from] float32 on cuda does not match float32 on cpu");
    expect_error([&] { Tensor::zeros({1}, device(), DType::float64); },
                 "[fill] float64 is not supported on cuda");
  }
  EXPECT_THROW(x.dim(1), std::out_of_range);
}

TEST(DeviceTest, Names) {
  EXPECT_TRUE(Device::from_name("cpu") == Device::cpu());
  EXPECT_EQ(Device::cpu().name(), std::string("cpu"));
  EXPECT_EQ(Device::cpu().description().substr(0, 5), "CPU, ");
  expect_error([] { Device::from_name("gpu"); }, "device 'gpu' is unknown: use auto, cpu or cuda");
  Device::from_name("auto").synchronize();
#ifndef KILN_HAS_CUDA
  expect_error([] { Device::cuda(); },
               "device cuda cannot be used: this build of Kiln has no CUDA");
#endif
}

KILN_ON_EVERY_PLACE(TensorTest);

}  // namespace
}  // namespace kiln::test
