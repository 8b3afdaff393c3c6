// SPDX-License-Identifier: MIT
#include "engine/data/mnist.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "engine/data/sha256.h"
#include "engine/io/npy.h"
#include "tests/engine/io/error_message.h"
#include "tests/support/temporary_directory.h"

namespace kiln {
namespace {

namespace fs = std::filesystem;
using test::error_message;
using test::put_file;
using Bytes = std::vector<std::uint8_t>;

// A folder with three training images of 2x2 and two test images of 1x2.
class Mnist : public testing::Test {
 protected:
  Mnist() {
    write_idx_images(folder_ / "train-images-idx3-ubyte.gz", train_images_);
    write_idx_labels(folder_ / "train-labels-idx1-ubyte", Bytes{5, 0, 9});
    write_idx_images(folder_ / "t10k-images-idx3-ubyte", {2, 1, 2, {9, 8, 7, 6}});
    write_idx_labels(folder_ / "t10k-labels-idx1-ubyte.gz", Bytes{1, 2});
  }

  // The message without the folder that begins it.
  std::string fault(MnistSplit split = MnistSplit::train) {
    const std::string message = error_message([&] { load_mnist(folder_.path(), split); });
    const std::string start = folder_.path().string();
    return message.starts_with(start) ? message.substr(start.size()) : message;
  }

  test::TemporaryDirectory folder_;
  const IdxImages train_images_{3, 2, 2, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};
};

TEST_F(Mnist, LoadsEachSplitPlainOrPacked) {
  const MnistData train = load_mnist(folder_.path(), MnistSplit::train);
  EXPECT_EQ(train.images.count, 3u);
  EXPECT_EQ(train.images.height, 2u);
  EXPECT_EQ(train.images.width, 2u);
  EXPECT_EQ(train.images.pixels, train_images_.pixels);
  EXPECT_EQ(train.labels, (Bytes{5, 0, 9}));
  const MnistData test = load_mnist(folder_.path(), MnistSplit::test);
  EXPECT_EQ(test.images.width, 2u);
  EXPECT_EQ(test.images.pixels, (Bytes{9, 8, 7, 6}));
  EXPECT_EQ(test.labels, (Bytes{1, 2}));
}

TEST_F(Mnist, NeedsOnlyTheSplitAskedFor) {
  fs::remove(folder_ / "t10k-images-idx3-ubyte");
  EXPECT_EQ(load_mnist(folder_.path(), MnistSplit::train).labels.size(), 3u);
  EXPECT_EQ(fault(MnistSplit::test),
            ": has neither t10k-images-idx3-ubyte nor t10k-images-idx3-ubyte.gz");
}

TEST_F(Mnist, MissingFolderAndFiles) {
  const std::string none = (folder_ / "none").string();
  EXPECT_EQ(error_message([&] { load_mnist(none, MnistSplit::train); }), none + ": no such folder");
  const std::string file = (folder_ / "t10k-images-idx3-ubyte").string();
  EXPECT_EQ(error_message([&] { load_mnist(file, MnistSplit::train); }), file + ": not a folder");
  const std::string below = file + "/x";
  EXPECT_EQ(error_message([&] { load_mnist(below, MnistSplit::train); }),
            below + ": cannot open: Not a directory");
  fs::remove(folder_ / "train-labels-idx1-ubyte");
  EXPECT_EQ(fault(), ": has neither train-labels-idx1-ubyte nor train-labels-idx1-ubyte.gz");
}

TEST_F(Mnist, CountsThatDiffer) {
  write_idx_labels(folder_ / "train-labels-idx1-ubyte", Bytes{5, 0});
  EXPECT_EQ(fault(),
            ": train-images-idx3-ubyte.gz holds 3 images, but train-labels-idx1-ubyte "
            "holds 2 labels");
}

TEST_F(Mnist, LabelsAndImagesSwapped) {
  fs::rename(folder_ / "train-labels-idx1-ubyte", folder_ / "train-images-idx3-ubyte");
  fs::rename(folder_ / "train-images-idx3-ubyte.gz", folder_ / "train-labels-idx1-ubyte.gz");
  EXPECT_EQ(fault(),
            "/train-labels-idx1-ubyte.gz: wrong magic number 0x00000803, expected "
            "0x00000801 (IDX uint8 labels)");
}

TEST_F(Mnist, ALabelAboveNine) {
  write_idx_labels(folder_ / "train-labels-idx1-ubyte", Bytes{5, 10, 9});
  EXPECT_EQ(fault(), "/train-labels-idx1-ubyte: label 10 of image 1 is above 9");
}

TEST_F(Mnist, AFaultInAFileNamesThatFile) {
  std::string packed = test::get_file(folder_ / "train-images-idx3-ubyte.gz");
  put_file(folder_ / "train-images-idx3-ubyte.gz", packed.substr(0, packed.size() / 2));
  EXPECT_EQ(fault(), "/train-images-idx3-ubyte.gz: truncated gzip data");
}

TEST_F(Mnist, ChecksTheSumsOfTheUnpackedFiles) {
  Sha256 sum;
  sum.update(idx_images_header(train_images_));
  sum.update(train_images_.pixels);
  const std::string good = sum.hex_digest();
  put_file(folder_ / "SHA256SUMS", good + "  train-images-idx3-ubyte\n");
  EXPECT_EQ(fault(), "no error");

  const std::string bad = std::string(64, '0');
  put_file(folder_ / "SHA256SUMS", bad + "  train-images-idx3-ubyte\n");
  EXPECT_EQ(fault(), "/train-images-idx3-ubyte.gz: SHA-256 of the unpacked data is " + good +
                         ", SHA256SUMS says " + bad);
  EXPECT_EQ(fault(MnistSplit::test), "no error");  // those files are not in the list

  put_file(folder_ / "SHA256SUMS", bad + "  train-labels-idx1-ubyte\n");
  EXPECT_TRUE(fault().starts_with("/train-labels-idx1-ubyte: SHA-256")) << fault();
  put_file(folder_ / "SHA256SUMS", "nonsense\n");
  EXPECT_EQ(fault(), "/SHA256SUMS: line 1 is not a SHA-256 sum");
}

TEST_F(Mnist, ImagesThatStayOnDisk) {
  const auto open = [&] { return open_mnist(folder_.path(), MnistSplit::train); };
  const fs::path packed = folder_ / "train-images-idx3-ubyte.gz";
  EXPECT_EQ(error_message(open), packed.string() +
                                     ": is packed by gzip, rows cannot be read from "
                                     "the middle: gunzip it first");
  fs::remove(packed);
  const fs::path plain = folder_ / "train-images-idx3-ubyte";
  write_idx_images(plain, train_images_);
  const MnistRows train = open();
  EXPECT_EQ(train.labels, (Bytes{5, 0, 9}));
  EXPECT_EQ(train.images.count, 3);
  EXPECT_EQ(train.images.row_shape, (Shape{2, 2}));
  Bytes image(4);
  train.images.read(1, image);
  EXPECT_EQ(image, (Bytes{5, 6, 7, 8}));

  const std::string bad(64, '0');
  put_file(folder_ / "SHA256SUMS", bad + "  train-images-idx3-ubyte\n");
  const std::string checked = error_message(open);
  EXPECT_EQ(checked, error_message([&] { load_mnist(folder_.path(), MnistSplit::train); }));
  EXPECT_TRUE(checked.ends_with("SHA256SUMS says " + bad)) << checked;
  fs::remove(folder_ / "SHA256SUMS");
  write_idx_labels(folder_ / "train-labels-idx1-ubyte", Bytes{5, 10, 9});
  EXPECT_TRUE(error_message(open).ends_with("label 10 of image 1 is above 9"));
  write_idx_labels(folder_ / "train-labels-idx1-ubyte", Bytes{5, 0});
  EXPECT_TRUE(error_message(open).ends_with("holds 2 labels"));
  write_npy(plain, train_images_.pixels, std::vector<std::size_t>{3, 2, 2});
  EXPECT_TRUE(error_message(open).ends_with("expected 0x00000803 (IDX uint8 images)"));
}

TEST(MnistFiles, OfTheRepositoryAreWhole) {
  const fs::path folder = KILN_DATA_DIR;
  ASSERT_TRUE(fs::exists(folder)) << folder;
  EXPECT_EQ(read_sha256_sums(folder / "SHA256SUMS").size(), 4u);
  const std::array<std::size_t, 2> counts{60'000, 10'000};
  for (const MnistSplit split : {MnistSplit::train, MnistSplit::test}) {
    const MnistData data = load_mnist(folder, split);
    EXPECT_EQ(data.images.count, counts[split == MnistSplit::test]);
    EXPECT_EQ(data.images.height, 28u);
    EXPECT_EQ(data.images.width, 28u);
    for (std::uint8_t digit = 0; digit < 10; ++digit) {
      EXPECT_GT(std::count(data.labels.begin(), data.labels.end(), digit), 800);
    }
  }
}

}  // namespace
}  // namespace kiln
