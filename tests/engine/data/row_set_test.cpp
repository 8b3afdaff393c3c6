// SPDX-License-Identifier: MIT
#include "engine/data/row_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "engine/data/csv_rows.h"
#include "engine/io/idx.h"
#include "engine/io/npy.h"
#include "tests/engine/io/error_message.h"
#include "tests/support/temporary_directory.h"

namespace kiln::test {
namespace {

using Extents = std::vector<std::size_t>;
using ByteLabels = std::vector<std::uint8_t>;

class RowSetTest : public ::testing::Test {
 protected:
  RowSet csv(const std::string& text) {
    put_file(csv_, std::string_view(text));
    return read_labelled_rows(csv_);
  }
  void expect_csv_refused(const std::string& text, const std::string& message) {
    EXPECT_EQ(error_message([&] { csv(text); }), csv_.string() + ": " + message);
  }

  TemporaryDirectory folder_;
  std::filesystem::path csv_ = folder_ / "rows.csv";
  std::filesystem::path npy_ = folder_ / "shoes.npy";
  std::filesystem::path npy_labels_ = folder_ / "shoes-labels.npy";
};

TEST_F(RowSetTest, CsvOfBytes) {
  const RowSet rows = csv("7,0,255,51,102\n1,255,0,0,0\n");
  EXPECT_EQ(rows.row_shape, (Shape{2, 2}));
  EXPECT_EQ(rows.labels, (ByteLabels{7, 1}));
  EXPECT_EQ(rows.classes(), 8);
  EXPECT_EQ(rows.values, (std::vector<float>{0, 1, 0.2f, 0.4f, 1, 0, 0, 0}));
}

TEST_F(RowSetTest, CsvOfFloatsWithAHeaderQuotesAndOtherLineEnds) {
  const RowSet rows = csv("\xEF\xBB\xBF\"x, left\",label,y\r\n\"1.5\",\"2\",-3e2\r\n\r\n 4 ,0,5");
  EXPECT_EQ(rows.row_shape, (Shape{2}));
  EXPECT_EQ(rows.labels, (ByteLabels{2, 0}));
  EXPECT_EQ(rows.values, (std::vector<float>{1.5f, -300, 4, 5}));
}

TEST_F(RowSetTest, CsvErrorsNameTheLine) {
  expect_csv_refused("1,2,3\n1,2\n", "line 2: 2 fields, the first line has 3");
  expect_csv_refused("1,2,3\n\n1,x\x1b,3\n", "line 3: field 2: 'x\\x1b' is not a number");
  expect_csv_refused("1,2\n1,\n", "line 2: field 2: '' is not a number");
  expect_csv_refused("1,2\n1,0.5\n1,nan\n", "line 3: field 2: nan is not finite");
  expect_csv_refused("1,2\n1,inf\n", "line 2: field 2: inf is not finite");
  expect_csv_refused("label,x\n256,1\n", "line 2: label '256' is not a whole number from 0 to 255");
  expect_csv_refused("1.0,1\n", "line 1: label '1.0' is not a whole number from 0 to 255");
  expect_csv_refused(std::string(1 << 22, ','), "line 1: more than 4194304 fields");
  expect_csv_refused("1\n", "line 1: a label and at least one number are needed");
  expect_csv_refused("", "holds no rows");
  expect_csv_refused("label,x\n", "holds no rows");
  put_file(csv_, std::string_view("1,2\n1,2\n"));
  EXPECT_EQ(error_message([&] { read_csv_rows(csv_, 7); }),
            csv_.string() + ": holds more than 7 bytes");
}

TEST_F(RowSetTest, NpyOfFloatsAndOfBytes) {
  write_npy(npy_labels_, ByteLabels{3, 0}, Extents{2});
  write_npy(npy_, std::vector<float>{1.5f, -2, 0, 4}, Extents{2, 2});
  RowSet rows = read_labelled_rows(npy_);
  EXPECT_EQ(rows.row_shape, (Shape{2}));
  EXPECT_EQ(rows.values, (std::vector<float>{1.5f, -2, 0, 4}));
  EXPECT_EQ(rows.labels, (ByteLabels{3, 0}));
  write_npy(npy_, ByteLabels{0, 255, 51, 102}, Extents{2, 1, 2});
  rows = read_labelled_rows(npy_);
  EXPECT_EQ(rows.row_shape, (Shape{1, 2}));
  EXPECT_EQ(rows.values, (std::vector<float>{0, 1, 0.2f, 0.4f}));
}

TEST_F(RowSetTest, NpyErrorsNameTheRow) {
  const auto expect_refused = [&](const std::string& message) {
    EXPECT_EQ(error_message([&] { read_labelled_rows(npy_); }), message);
  };
  write_npy(npy_, std::vector<float>{1, 2, std::numeric_limits<float>::infinity(), 4},
            Extents{2, 2});
  expect_refused(npy_.string() + ": row 1: inf is not finite");
  write_npy(npy_, std::vector<float>{1, 2}, Extents{2});
  expect_refused(npy_.string() + ": shape (2) is not (rows, features) or (images, height, width)");
  write_npy(npy_, std::vector<float>{1, 2}, Extents{2, 1});
  write_npy(npy_labels_, ByteLabels{1}, Extents{1});
  expect_refused(npy_labels_.string() + ": shape (1) is not the (2) of the rows");
  write_npy(npy_labels_, std::vector<float>{1, 2}, Extents{2});
  expect_refused(npy_labels_.string() + ": holds '<f4', labels are '|u1', '<i4' or '<i8'");
  std::string wide = get_file(npy_labels_);  // the same bytes as numbers that are no labels
  wide.replace(wide.find("<f4"), 3, "<i4");
  put_file(npy_labels_, std::string_view(wide));
  expect_refused(npy_labels_.string() + ": row 0: label 1065353216 is not from 0 to 255");
}

TEST_F(RowSetTest, AFolderHasItsOwnTestImages) {
  for (const std::string split : {"train", "t10k"}) {
    const std::size_t count = split == "train" ? 20 : 4;
    write_idx_images(folder_ / (split + "-images-idx3-ubyte"),
                     {count, 1, 2, ByteLabels(2 * count, 255)});
    write_idx_labels(folder_ / (split + "-labels-idx1-ubyte"), ByteLabels(count, 3));
  }
  const DataSplits data = read_splits(folder_.path(), {0.25, 0.9}, 1);
  EXPECT_EQ(data.train.count(), 15);
  EXPECT_EQ(data.validation.count(), 5);
  EXPECT_EQ(data.test.count(), 4);
  EXPECT_EQ(data.test.row_shape, (Shape{1, 2}));
  EXPECT_EQ(data.test.values[0], 1);
}

TEST(SplitRows, EveryRowIsInOnePartThatDependsOnTheSeed) {
  const RowSplit split = split_rows(100, {0.2, 0.1}, 5);
  EXPECT_EQ(split.train.size(), 70u);
  EXPECT_EQ(split.validation.size(), 20u);
  EXPECT_EQ(split.test.size(), 10u);
  std::vector<std::int64_t> all = split.train;
  all.insert(all.end(), split.validation.begin(), split.validation.end());
  all.insert(all.end(), split.test.begin(), split.test.end());
  std::sort(all.begin(), all.end());
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], static_cast<std::int64_t>(i));
  EXPECT_EQ(split_rows(100, {0.2, 0.1}, 5).train, split.train);
  EXPECT_NE(split_rows(100, {0.2, 0.1}, 6).train, split.train);
  const RowSplit some = split_rows(100, {0.2, 0.1, 40}, 5);  // 40 beside the same test
  EXPECT_EQ(some.train.size(), 32u);
  EXPECT_EQ(some.validation.size(), 8u);
  EXPECT_EQ(some.test, split.test);
}

TEST(SplitRows, Errors) {
  EXPECT_EQ(error_message([] {
              split_rows(10, {0.5, 0.5, 6}, 1);
            }),
            "[split_rows] 6 rows are asked for, there are 5 beside 5 for the test");
  EXPECT_EQ(error_message([] {
              split_rows(9, {0.1, 0.5}, 1);
            }),
            "[split_rows] validation share 0.1 of 9 rows is no row");
  EXPECT_EQ(error_message([] {
              split_rows(9, {1, 0}, 1);
            }),
            "[split_rows] validation share 1 is not in [0, 1)");
  EXPECT_EQ(error_message([] {
              split_rows(9, {0, std::nan("")}, 1);
            }),
            "[split_rows] test share nan is not in [0, 1)");
  EXPECT_EQ(error_message([] {
              split_rows(10, {0.5, 0.5}, 1);
            }),
            "[split_rows] of 10 rows, 5 for validation and 5 for the test leave none to train on");
  EXPECT_EQ(error_message([] {
              RowSet{{1}, {0}, {0}}.select(std::vector<std::int64_t>{1});
            }),
            "[row_set] row 1 is not one of 1");
}

}  // namespace
}  // namespace kiln::test
