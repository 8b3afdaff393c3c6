// SPDX-License-Identifier: MIT
#include "tests/apps/generate_test.h"

#include <cstring>

#include "engine/io/image_grid.h"
#include "tests/apps/read_png.h"

namespace kiln::test {
namespace {

class Generate : public GenerateTest {
 protected:
  // The pixels of an .npy, whose header must say float32 (n, height, width) in C order.
  static std::vector<float> read_npy(const std::filesystem::path& path, std::size_t n) {
    const std::string file = get_file(path);
    const std::string shape =
        std::to_string(n) + ", " + std::to_string(kHeight) + ", " + std::to_string(kWidth);
    const std::string start = std::string("\x93NUMPY\x01\x00", 8);
    EXPECT_TRUE(file.starts_with(start));
    const std::string dictionary =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + "), }";
    EXPECT_EQ(file.substr(10, dictionary.size()), dictionary);
    const std::size_t data = 10 + static_cast<unsigned char>(file[8]) +
                             256 * static_cast<std::size_t>(static_cast<unsigned char>(file[9]));
    std::vector<float> pixels(n * kHeight * kWidth);
    EXPECT_EQ(file.size(), data + pixels.size() * sizeof(float));
    EXPECT_EQ(data % 64, 0u);
    if (file.size() < data + pixels.size() * sizeof(float)) return {};
    std::memcpy(pixels.data(), file.data() + data, pixels.size() * sizeof(float));
    return pixels;
  }

  void expect_drawn(const std::string& out, const Arguments& more = {}) {
    const Outcome run = draw(out, more);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    EXPECT_EQ(run.err, "");
    EXPECT_NE(run.out.find("images of 7x5 to " + out), std::string::npos) << run.out;
  }
};

TEST_F(Generate, NpyHoldsFloatsOfZeroToOne) {
  expect_drawn("x.npy", {"--n", "20"});
  const std::vector<float> pixels = read_npy(folder_ / "x.npy", 20);
  ASSERT_FALSE(pixels.empty());
  const auto [least, most] = std::minmax_element(pixels.begin(), pixels.end());
  EXPECT_GE(*least, 0.0f);
  EXPECT_LE(*most, 1.0f);
  EXPECT_LT(*least, *most);
  EXPECT_FALSE(std::equal(pixels.begin(), pixels.begin() + kHeight * kWidth,
                          pixels.begin() + kHeight * kWidth))
      << "two images are the same";
}

TEST_F(Generate, EveryFormatHoldsTheSameImages) {
  expect_drawn("x.npy", {"--n", "7"});
  expect_drawn("x.png", {"--n", "7"});
  expect_drawn("x-idx3-ubyte", {"--n", "7"});
  expect_drawn("x-idx3-ubyte.gz", {"--n", "7"});
  const Bytes bytes = unit_to_bytes(read_npy(folder_ / "x.npy", 7));
  for (const char* name : {"x-idx3-ubyte", "x-idx3-ubyte.gz"}) {
    const IdxImages images = read_idx_images(folder_ / name);
    EXPECT_EQ(images.count, 7u);
    EXPECT_EQ(images.height, kHeight);
    EXPECT_EQ(images.width, kWidth);
    EXPECT_EQ(images.pixels, bytes);
  }
  EXPECT_TRUE(get_file(folder_ / "x-idx3-ubyte.gz").starts_with("\x1f\x8b"));
  const GreyImage grid = read_png(folder_ / "x.png"),
                  expected = tile_images(bytes, 7, kHeight, kWidth);
  EXPECT_EQ(grid.height, 3 * (kHeight + 2) + 2);
  EXPECT_EQ(grid.width, 3 * (kWidth + 2) + 2);
  EXPECT_EQ(grid.pixels, expected.pixels);
}

TEST_F(Generate, DrawsAHundredByDefault) {
  expect_drawn("x-idx3-ubyte");
  EXPECT_EQ(read_idx_images(folder_ / "x-idx3-ubyte").count, 100u);
}

TEST_F(Generate, OneSeedGivesTheSameBytes) {
  for (const std::string suffix : {".npy", ".png", "-idx3-ubyte", "-idx3-ubyte.gz"}) {
    expect_drawn("a" + suffix, {"--seed", "5"});
    expect_drawn("b" + suffix, {"--seed", "5"});
    expect_drawn("c" + suffix, {"--seed", "6"});
    EXPECT_TRUE(get_file(folder_ / ("a" + suffix)) == get_file(folder_ / ("b" + suffix)));
    EXPECT_FALSE(get_file(folder_ / ("a" + suffix)) == get_file(folder_ / ("c" + suffix)));
  }
}

TEST_F(Generate, AnImageDoesNotDependOnHowManyAreDrawn) {
  std::vector<float> longest;
  for (const std::size_t n : {600u, 257u, 256u, 255u, 1u}) {
    expect_drawn("x.npy", {"--n", std::to_string(n)});
    const std::vector<float> pixels = read_npy(folder_ / "x.npy", n);
    if (longest.empty()) longest = pixels;
    EXPECT_TRUE(std::equal(pixels.begin(), pixels.end(), longest.begin())) << n;
  }
}

TEST_F(Generate, ReplacesAnOlderFile) {
  put_file(folder_ / "x.npy", std::string(100000, 'x'));
  expect_drawn("x.npy", {"--n", "1"});
  EXPECT_EQ(read_npy(folder_ / "x.npy", 1).size(), kHeight * kWidth);
  EXPECT_EQ(folder_.names(), (std::vector<std::string>{"generator.safetensors", "x.npy"}));
}

TEST_F(Generate, OutputThatCannotBeWrittenIsNoError) {
  for (const Stdout kind : {Stdout::closed, Stdout::closing}) {
    RunOptions options;
    options.standard_output = kind;
    EXPECT_EQ(draw("x.npy", {"--n", "2"}, options).exit_code, 0);
    EXPECT_EQ(read_npy(folder_ / "x.npy", 2).size(), 2 * kHeight * kWidth);
  }
}

}  // namespace
}  // namespace kiln::test
