// SPDX-License-Identifier: MIT
#include "engine/io/npy.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/engine/io/error_message.h"
#include "tests/support/temporary_directory.h"

namespace kiln {
namespace {

using test::error_message;
using test::get_file;
using Extents = std::vector<std::size_t>;

TEST(Npy, WritesTheBytesOfNumpy) {
  test::TemporaryDirectory folder;
  const std::vector<std::uint8_t> data{1, 2, 3, 4, 5, 6};
  write_npy(folder / "a.npy", data, Extents{2, 3});
  // numpy.save of the same array, NumPy 2.4
  std::string expected("\x93NUMPY\x01\x00\x76\x00", 10);
  expected += "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }";
  expected.resize(127, ' ');
  expected += "\n\x01\x02\x03\x04\x05\x06";
  EXPECT_EQ(get_file(folder / "a.npy"), expected);
}

TEST(Npy, WritesFloats) {
  test::TemporaryDirectory folder;
  write_npy(folder / "a.npy", std::vector<float>{1.0F, -2.0F}, Extents{2});
  const std::string file = get_file(folder / "a.npy");
  EXPECT_NE(file.find("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"),
            std::string::npos);
  EXPECT_EQ(file.substr(128), std::string("\x00\x00\x80\x3f\x00\x00\x00\xc0", 8));
}

TEST(Npy, PadsTheHeaderForAnyShape) {
  test::TemporaryDirectory folder;
  for (std::size_t rank = 0; rank <= 32; ++rank) {
    write_npy(folder / "a.npy", std::vector<std::uint8_t>{7}, Extents(rank, 1));
    const std::string file = get_file(folder / "a.npy");
    const auto header = static_cast<std::size_t>(static_cast<unsigned char>(file[8])) +
                        256 * static_cast<std::size_t>(static_cast<unsigned char>(file[9]));
    EXPECT_EQ((10 + header) % 64, 0u);
    EXPECT_EQ(file.size(), 10 + header + 1);
    EXPECT_EQ(file[10 + header - 1], '\n');
  }
}

TEST(Npy, RefusesAShapeThatDoesNotMatch) {
  test::TemporaryDirectory folder;
  const std::string path = (folder / "a.npy").string();
  const std::vector<float> data(6);
  EXPECT_EQ(error_message([&] {
              write_npy(path, data, Extents{2, 4});
            }),
            path + ": 6 values do not make an array of shape (2,4)");
  EXPECT_NE(error_message([&] { write_npy(path, std::vector<float>(1), Extents(33, 1)); }),
            "no error");
  EXPECT_TRUE(folder.names().empty());
  EXPECT_EQ(error_message([&] { write_npy(path + "/a/b", data, Extents{6}); }),
            path + "/a/b: cannot create: No such file or directory");
}

}  // namespace
}  // namespace kiln
