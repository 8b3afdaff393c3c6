// SPDX-License-Identifier: MIT
#include "engine/data/row_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "engine/io/idx.h"
#include "engine/io/npy.h"
#include "tests/engine/io/error_message.h"
#include "tests/support/temporary_directory.h"

namespace kiln::test {
namespace {

using RowBytes = std::vector<std::uint8_t>;
using Extents = std::vector<std::size_t>;

RowBytes read_row(const RowSource& rows, std::int64_t row) {
  RowBytes bytes(rows.row_bytes());
  rows.read(row, bytes);
  return bytes;
}

class RowFileTest : public ::testing::Test {
 protected:
  void expect_refused(const std::string& message) {
    EXPECT_EQ(error_message([&] { open_row_file(path_); }), path_.string() + ": " + message);
  }
  void expect_row_refused(const RowSource& rows, std::int64_t row, const std::string& message) {
    EXPECT_EQ(error_message([&] { read_row(rows, row); }), path_.string() + ": " + message);
  }
  void put_npy(const std::string& header, const std::string& data) {
    const std::string start("\x93NUMPY\x01\x00", 8);
    put_file(path_, start + static_cast<char>(header.size()) + '\0' + header + data);
  }

  TemporaryDirectory folder_;
  std::filesystem::path path_ = folder_ / "rows";
  const IdxImages images_{3, 1, 2, {10, 11, 20, 21, 30, 31}};
};

TEST_F(RowFileTest, IdxImages) {
  write_idx_images(path_, images_);
  const RowSource rows = open_row_file(path_);
  EXPECT_EQ(rows.count, 3);
  EXPECT_EQ(rows.row_shape, (Shape{1, 2}));
  EXPECT_EQ(rows.dtype, DType::uint8);
  for (const int row : {2, 0, 1, 1}) {
    const auto first = static_cast<std::uint8_t>(10 * row + 10);
    EXPECT_EQ(read_row(rows, row), (RowBytes{first, static_cast<std::uint8_t>(first + 1)}));
  }
}

TEST_F(RowFileTest, NpyOfBytesAndOfFloats) {
  write_npy(path_, RowBytes{1, 2, 3, 4, 5, 6, 7, 8}, Extents{2, 2, 1, 2});
  RowSource rows = open_row_file(path_);
  EXPECT_EQ(rows.row_shape, (Shape{2, 1, 2}));
  EXPECT_EQ(read_row(rows, 1), (RowBytes{5, 6, 7, 8}));
  write_npy(path_, std::vector<float>{1, 2, -0.5F, 1e-30F}, Extents{2, 2});
  rows = open_row_file(path_);
  EXPECT_EQ(rows.count, 2);
  EXPECT_EQ(rows.dtype, DType::float32);
  const float expected[] = {-0.5F, 1e-30F};
  const RowBytes row = read_row(rows, 1);
  ASSERT_EQ(row.size(), sizeof(expected));
  EXPECT_EQ(std::memcmp(row.data(), expected, sizeof(expected)), 0);
}

TEST_F(RowFileTest, AnythingElseIsRefused) {
  write_idx_images(folder_ / "rows.gz", images_);
  std::filesystem::rename(folder_ / "rows.gz", path_);
  expect_refused("is packed by gzip, rows cannot be read from the middle: gunzip it first");
  put_file(path_, std::string_view("1,2,3\n4,5,6\n"));
  expect_refused("wrong magic number 0x312c322c, expected 0x00000803 (IDX uint8 images)");
  put_file(path_, std::string_view(""));
  expect_refused("is empty");
  write_npy(path_, RowBytes{1, 2}, Extents{2});
  expect_refused("shape (2) is not (rows, features) or (images, height, width)");
  write_npy(path_, RowBytes{}, Extents{0, 2});
  expect_refused("shape (0,2) is not (rows, features) or (images, height, width)");
  put_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1)}", std::string(8, '\0'));
  expect_refused("holds '<f8', rows are '|u1' or '<f4'");
  put_npy("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1)}", std::string(4, '\0'));
  expect_refused("is in Fortran order, not in C order");
  path_ = "/dev/null";
  expect_refused("is no regular file, rows cannot be read from it in any order");
  path_ = folder_ / "absent";
  expect_refused("cannot open: No such file or directory");
}

TEST_F(RowFileTest, AHeaderIsHeldAgainstTheLength) {
  write_idx_images(path_, images_);
  std::filesystem::resize_file(path_, 16 + 5);
  expect_refused("truncated: shape (3,1,2) of uint8 does not match the 5 bytes that follow");
  std::filesystem::resize_file(path_, 16 + 7);
  expect_refused("trailing bytes: shape (3,1,2) of uint8 does not match the 7 bytes that follow");
  write_npy(path_, std::vector<float>{1, 2}, Extents{1, 2});
  const auto whole = std::filesystem::file_size(path_);
  std::filesystem::resize_file(path_, whole - 1);
  expect_refused("truncated: shape (1,2) of float32 does not match the 7 bytes that follow");
  std::filesystem::resize_file(path_, whole + 1);
  expect_refused("trailing bytes: shape (1,2) of float32 does not match the 9 bytes that follow");
  // Its bytes, counted in 64 bits, would be the 4 that follow.
  put_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387905, 1)}", "abcd");
  expect_refused(
      "truncated: shape (4611686018427387905,1) of float32 does not match the 4 bytes that follow");
  const std::string lie("\0\0\x08\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16);
  put_file(path_, lie);
  expect_refused(
      "truncated: shape (4294967295,4294967295,4294967295) of uint8 does not match the 0 bytes "
      "that follow");
}

TEST_F(RowFileTest, AFileThatIsCutShortWhileInUse) {
  write_idx_images(path_, images_);
  const RowSource rows = open_row_file(path_);
  std::filesystem::resize_file(path_, 16 + 3);
  EXPECT_EQ(read_row(rows, 0), (RowBytes{10, 11}));
  expect_row_refused(rows, 1, "row 1: 1 of 2 bytes are left: the file was cut short while in use");
  expect_row_refused(rows, 2, "row 2: 0 of 2 bytes are left: the file was cut short while in use");
}

TEST_F(RowFileTest, ANumberThatIsNotFinite) {
  const float infinity = std::numeric_limits<float>::infinity();
  write_npy(path_, std::vector<float>{1, 2, 3, NAN, -infinity, 4}, Extents{3, 2});
  const RowSource rows = open_row_file(path_);
  read_row(rows, 0);
  expect_row_refused(rows, 1, "row 1: nan is not finite");
  expect_row_refused(rows, 2, "row 2: -inf is not finite");
}

}  // namespace
}  // namespace kiln::test
