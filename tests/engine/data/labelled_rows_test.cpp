// SPDX-License-Identifier: MIT
#include "engine/data/labelled_rows.h"

#include <gtest/gtest.h>

#include "engine/data/batch_stream.h"
#include "tests/support/expect_error.h"

namespace kiln::test {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(LabelledRows, ALabelStandsBehindItsRow) {
  EXPECT_EQ(labelled_rows(Bytes{1, 2, 3, 4, 5, 6}, 2, Bytes{2, 0, 1}, 3),
            (Bytes{1, 2, 0, 0, 255, 3, 4, 255, 0, 0, 5, 6, 0, 255, 0}));
  EXPECT_TRUE(labelled_rows(Bytes{}, 2, Bytes{}, 3).empty());
}

// The 255 of a label becomes exactly 1.
TEST(LabelledRows, ABatchOfThemHasOneHotLabels) {
  const BatchStream stream(
      Tensor::from_host(labelled_rows(Bytes{7}, 1, Bytes{1}, 2), {1, 3}, Device::cpu()), 1, 1);
  const std::vector<float> batch = stream.next().to_host<float>();
  EXPECT_EQ(batch[1], 0.0f);
  EXPECT_EQ(batch[2], 1.0f);
}

TEST(LabelledRows, Errors) {
  expect_error(
      [] {
        labelled_rows(Bytes{1, 2, 3}, 2, Bytes{0, 1}, 3);
      },
      "[labelled_rows] 3 bytes are not 2 rows of 2");
  expect_error(
      [] {
        labelled_rows(Bytes{1, 2}, 1, Bytes{0, 3}, 3);
      },
      "[labelled_rows] label 3 of row 1 is not below 3");
}

TEST(LabelledRows, ReadOneByOne) {
  RowSource rows;
  rows.count = 2;
  rows.row_shape = {1, 2};
  rows.read = [](std::int64_t row, std::span<std::uint8_t> out) {
    out[0] = static_cast<std::uint8_t>(row + 1);
    out[1] = 9;
  };
  const RowSource all = labelled_rows(rows, Bytes{2, 0}, 3);
  EXPECT_EQ(all.count, 2);
  EXPECT_EQ(all.row_shape, (Shape{5}));
  Bytes row(5, 77);
  all.read(1, row);
  EXPECT_EQ(row, (Bytes{2, 9, 255, 0, 0}));
  all.read(0, row);
  EXPECT_EQ(row, (Bytes{1, 9, 0, 0, 255}));
  expect_error(
      [&] {
        labelled_rows(rows, Bytes{0, 3}, 3);
      },
      "[labelled_rows] label 3 of row 1 is not below 3");
  expect_error([&] { labelled_rows(rows, Bytes{0}, 3); },
               "[labelled_rows] 2 rows of uint8 are not bytes with 1 labels");
  rows.dtype = DType::float32;
  expect_error(
      [&] {
        labelled_rows(rows, Bytes{0, 1}, 3);
      },
      "[labelled_rows] 2 rows of float32 are not bytes with 2 labels");
}

}  // namespace
}  // namespace kiln::test
