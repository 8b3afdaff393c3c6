// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/io/gzip.h"
#include "engine/io/npy.h"
#include "tests/engine/io/error_message.h"
#include "tests/support/temporary_directory.h"

namespace kiln {
namespace {

using test::error_message;
using Extents = std::vector<std::size_t>;

class NpyReader : public ::testing::Test {
 protected:
  // An .npy of version 1 with this header and these bytes behind it.
  static std::string npy(std::string header, const std::string& data, char version = 1) {
    header += '\n';
    std::string file = std::string("\x93NUMPY", 6) + version + '\0';
    file += static_cast<char>(header.size() & 0xff);
    file += static_cast<char>(header.size() >> 8);
    if (version > 1) file += std::string(2, '\0');
    return file + header + data;
  }

  void expect_refused(const std::string& file, const std::string& message) {
    test::put_file(path_, std::string_view(file));
    EXPECT_EQ(error_message([&] { read_npy_floats(path_, 1000); }),
              path_.string() + ": " + message);
  }

  test::TemporaryDirectory folder_;
  std::filesystem::path path_ = folder_ / "a.npy";
  const std::string pair_ = std::string("\x00\x00\x80\x3f\x00\x00\x00\xc0", 8);  // 1 and -2
};

TEST_F(NpyReader, ReadsWhatIsWritten) {
  for (const Extents& shape : {Extents{2, 3}, Extents{6}, Extents{3, 1, 2}, Extents{1, 1, 6, 1}}) {
    write_npy(path_, std::vector<float>{1, -2, 0.5F, 1e-30F, 4, NAN}, shape);
    const NpyFloats array = read_npy_floats(path_);
    EXPECT_EQ(array.shape, shape);
    ASSERT_EQ(array.values.size(), 6u);
    EXPECT_EQ(array.values[3], 1e-30F);
    EXPECT_TRUE(std::isnan(array.values[5]));
  }
  write_npy(path_, std::vector<float>{}, Extents{0, 28, 28});
  EXPECT_EQ(read_npy_floats(path_).shape, (Extents{0, 28, 28}));
  write_npy(path_, std::vector<float>{7}, Extents{});
  EXPECT_EQ(read_npy_floats(path_).values, std::vector<float>{7});
}

TEST_F(NpyReader, BytesBecomeNumbersFromZeroToOne) {
  write_npy(path_, std::vector<std::uint8_t>{0, 51, 255}, Extents{3, 1});
  EXPECT_EQ(read_npy_floats(path_).values, (std::vector<float>{0, 51.F / 255, 1}));
  EXPECT_EQ(read_npy_floats(path_).shape, (Extents{3, 1}));
}

TEST_F(NpyReader, OtherSpellingsOfTheHeader) {
  for (const char* header :
       {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
        "{'shape':(2,),'fortran_order':False,'descr':'<f4'}",
        "{ 'descr' : '<f4' , 'shape' : ( 2 ) , 'fortran_order' : False }   "}) {
    for (const char version : {1, 2, 3}) {
      test::put_file(path_, std::string_view(npy(header, pair_, version)));
      EXPECT_EQ(read_npy_floats(path_).values, (std::vector<float>{1, -2})) << header;
    }
  }
}

TEST_F(NpyReader, Gzip) {
  write_npy(path_, std::vector<float>{1, 2}, Extents{2});
  EXPECT_TRUE(is_npy(path_));
  const std::string file = test::get_file(path_);
  const auto packed =
      gzip_compress({reinterpret_cast<const std::uint8_t*>(file.data()), file.size()});
  test::put_file(path_, std::span(packed));
  EXPECT_TRUE(is_npy(path_));
  EXPECT_EQ(read_npy_floats(path_).values, (std::vector<float>{1, 2}));
}

TEST_F(NpyReader, OtherFiles) {
  for (const std::string& file :
       {std::string(), std::string("\x93NUMP"), std::string("IDX\0", 4)}) {
    expect_refused(file, "not an .npy file: the magic number is missing");
    EXPECT_FALSE(is_npy(path_));
  }
  expect_refused(npy("{}", "", 4), ".npy version 4 is unknown");
  EXPECT_NE(error_message([&] { read_npy_floats(folder_ / "none"); }), "no error");
}

TEST_F(NpyReader, CutAnywhereOrTooLong) {
  write_npy(path_, std::vector<float>{1, 2}, Extents{2});
  const std::string file = test::get_file(path_);
  for (std::size_t size = 6; size < file.size(); ++size) {
    const bool in_header = size < file.size() - 8;
    expect_refused(file.substr(0, size), in_header ? "truncated: ends in the header"
                                                   : "truncated: shape (2) needs 8 bytes, " +
                                                         std::to_string(size + 8 - file.size()) +
                                                         " follow");
  }
  expect_refused(file + "x", "trailing bytes: shape (2) needs 8 bytes, more follow");
}

TEST_F(NpyReader, ArraysThatAreNotFloatsInCOrder) {
  expect_refused(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", pair_),
                 "holds '<f8', neither float32 ('<f4') nor bytes ('|u1')");
  expect_refused(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2,), }", pair_),
                 "is in Fortran order, not in C order");
}

// Sizes that lie are refused before memory is asked for.
TEST_F(NpyReader, TooLarge) {
  const auto header = [](const std::string& shape) {
    return "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + "), }";
  };
  expect_refused(npy(header("251,"), ""), "shape (251) asks for more than 1000 bytes");
  expect_refused(npy(header("4294967296, 4294967296"), ""),
                 "shape (4294967296,4294967296) asks for more than 1000 bytes");
  expect_refused(std::string("\x93NUMPY\x02\x00\xff\xff\xff\x7f", 12),
                 "a header of 2147483647 bytes is too large");
}

TEST_F(NpyReader, HeadersThatMakeNoSense) {
  for (const char* header :
       {"", "{", "{}", "[]", "{'descr': '<f4'}", "{'descr': '<f4', 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2.0,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} more",
        "{'descr': '<f4' 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,", "{'a': 'b', 'c': 'd', 'e': 'f'}",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}"}) {
    expect_refused(npy(header, pair_), std::string("cannot understand the header ") + header);
  }
}

}  // namespace
}  // namespace kiln
