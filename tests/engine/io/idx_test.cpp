// SPDX-License-Identifier: MIT
#include "engine/io/idx.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/io/gzip.h"
#include "tests/engine/io/error_message.h"
#include "tests/engine/io/file_size_limit.h"
#include "tests/support/temporary_directory.h"

namespace kiln {
namespace {

using test::error_message;
using test::get_file;
using test::put_file;
using Bytes = std::vector<std::uint8_t>;

const Bytes two_images{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 10, 20, 30, 40, 50, 60};
const Bytes four_labels{0, 0, 8, 1, 0, 0, 0, 4, 7, 2, 1, 0};

Bytes first(const Bytes& bytes, std::size_t count) {
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count)};
}

Bytes with(Bytes bytes, std::size_t position, std::initializer_list<std::uint8_t> values) {
  std::copy(values.begin(), values.end(), bytes.begin() + static_cast<std::ptrdiff_t>(position));
  return bytes;
}

// Each bad file is tried plain and packed: the message is the same.
class Idx : public testing::Test {
 protected:
  std::string images_fault(const Bytes& bytes, std::size_t max_bytes = max_idx_bytes) {
    return fault(bytes, [&](const auto& path) { read_idx_images(path, max_bytes); });
  }
  std::string labels_fault(const Bytes& bytes) {
    return fault(bytes, [](const auto& path) { read_idx_labels(path); });
  }

  test::TemporaryDirectory folder_;

 private:
  template <class Read>
  std::string fault(const Bytes& bytes, Read read) {
    const auto path = folder_ / "f-ubyte";
    put_file(path, bytes);
    const std::string plain = error_message([&] { read(path); });
    put_file(path, gzip_compress(bytes));
    EXPECT_EQ(error_message([&] { read(path); }), plain);
    const std::string start = path.string() + ": ";
    return plain.starts_with(start) ? plain.substr(start.size()) : plain;
  }
};

TEST_F(Idx, ReadsImagesPlainAndPackedWhateverTheName) {
  for (const char* name : {"plain", "plain.gz"}) {
    for (const bool pack : {false, true}) {
      put_file(folder_ / name, pack ? gzip_compress(two_images) : two_images);
      const IdxImages images = read_idx_images(folder_ / name);
      EXPECT_EQ(images.count, 2u);
      EXPECT_EQ(images.height, 1u);
      EXPECT_EQ(images.width, 3u);
      EXPECT_EQ(images.pixels, (Bytes{10, 20, 30, 40, 50, 60}));
    }
  }
}

TEST_F(Idx, ReadsPackedFilesOfSeveralMembers) {
  for (std::size_t first : {0, 3, 16, 20}) {
    const auto middle = two_images.begin() + static_cast<long>(first);
    Bytes packed = gzip_compress(Bytes(two_images.begin(), middle));
    const Bytes rest = gzip_compress(Bytes(middle, two_images.end()));
    packed.insert(packed.end(), rest.begin(), rest.end());
    put_file(folder_ / "f", packed);
    EXPECT_EQ(read_idx_images(folder_ / "f").pixels, (Bytes{10, 20, 30, 40, 50, 60})) << first;
  }
}

TEST_F(Idx, ReadsLabels) {
  put_file(folder_ / "labels", four_labels);
  EXPECT_EQ(read_idx_labels(folder_ / "labels"), (Bytes{7, 2, 1, 0}));
}

TEST_F(Idx, WrongMagicNumber) {
  EXPECT_EQ(images_fault(four_labels),
            "wrong magic number 0x00000801, expected 0x00000803 (IDX uint8 images)");
  EXPECT_EQ(labels_fault(two_images),
            "wrong magic number 0x00000803, expected 0x00000801 (IDX uint8 labels)");
  EXPECT_EQ(images_fault(with(two_images, 2, {0x0d})),  // float
            "wrong magic number 0x00000d03, expected 0x00000803 (IDX uint8 images)");
}

TEST_F(Idx, SaysWhenANameEndsInGzButTheFileIsNotGzip) {
  const std::string path = (folder_ / "train-images-idx3-ubyte.gz").string();
  put_file(path, "<html>");
  EXPECT_EQ(error_message([&] { read_idx_images(path); }),
            path +
                ": not a gzip file, and wrong magic number 0x3c68746d, expected 0x00000803 "
                "(IDX uint8 images)");
}

TEST_F(Idx, EveryTruncationIsAnError) {
  EXPECT_EQ(images_fault({}), "is empty");
  EXPECT_EQ(images_fault(first(two_images, 3)), "truncated: 3 bytes, too few for a magic number");
  EXPECT_EQ(images_fault(first(two_images, 15)), "truncated: 15 bytes, the header alone has 16");
  EXPECT_EQ(images_fault(first(two_images, 16)),
            "truncated: the header's dimensions (2,1,3) need 6 bytes, 0 follow");
  EXPECT_EQ(images_fault(first(two_images, 21)),
            "truncated: the header's dimensions (2,1,3) need 6 bytes, 5 follow");
  EXPECT_EQ(labels_fault(first(four_labels, 11)),
            "truncated: the header's dimensions (4) need 4 bytes, 3 follow");
}

TEST_F(Idx, TrailingBytes) {
  Bytes bytes = two_images;
  bytes.push_back(0);
  EXPECT_EQ(images_fault(bytes),
            "trailing bytes: the header's dimensions (2,1,3) need 6 bytes, more follow");
}

TEST_F(Idx, NothingInside) {
  EXPECT_EQ(images_fault(first(with(two_images, 4, {0, 0, 0, 0}), 16)), "holds no images");
  EXPECT_EQ(labels_fault({0, 0, 8, 1, 0, 0, 0, 0}), "holds no labels");
  EXPECT_EQ(images_fault(first(with(two_images, 12, {0, 0, 0, 0}), 16)),
            "images without pixels: (2,1,0)");
}

TEST_F(Idx, DimensionsThatLie) {
  // 2^96 bytes, which wraps to a small number in 64 bits with the wrong dimensions.
  EXPECT_EQ(images_fault(
                with(two_images, 4, {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255})),
            "the header's dimensions (4294967295,4294967295,4294967295) ask for more than "
            "4294967296 bytes");
  EXPECT_EQ(images_fault(with(two_images, 4, {0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 4})),
            "the header's dimensions (2147483648,2147483648,4) ask for more than 4294967296 bytes");
  // Within the limit, but not in the file: found out without memory for it.
  EXPECT_EQ(images_fault(with(two_images, 4, {0, 255, 0, 0, 0, 0, 0, 16, 0, 0, 0, 16})),
            "truncated: the header's dimensions (16711680,16,16) need 4278190080 bytes, 6 follow");
  EXPECT_EQ(images_fault(two_images, 5),
            "the header's dimensions (2,1,3) ask for more than 5 bytes");
}

TEST_F(Idx, TruncatedAndCorruptGzip) {
  const std::string path = (folder_ / "f.gz").string();
  Bytes packed = gzip_compress(two_images);
  put_file(path, first(packed, packed.size() - 1));
  EXPECT_EQ(error_message([&] { read_idx_images(path); }), path + ": truncated gzip data");
  packed[packed.size() - 8] ^= 1;  // the checksum, behind all of the data
  put_file(path, packed);
  EXPECT_EQ(error_message([&] { read_idx_images(path); }),
            path + ": corrupt gzip data (incorrect data check)");
}

TEST_F(Idx, ABombIsCutOff) {
  Bytes bytes = two_images;
  bytes.resize(50'000'000);
  EXPECT_EQ(images_fault(bytes),
            "trailing bytes: the header's dimensions (2,1,3) need 6 bytes, more follow");
}

TEST_F(Idx, MissingFile) {
  const std::string path = (folder_ / "none").string();
  EXPECT_EQ(error_message([&] { read_idx_images(path); }),
            path + ": cannot open: No such file or directory");
}

TEST_F(Idx, WritesTheFormatsBytes) {
  write_idx_images(folder_ / "i", {2, 1, 3, {10, 20, 30, 40, 50, 60}});
  EXPECT_EQ(get_file(folder_ / "i"), std::string(two_images.begin(), two_images.end()));
  write_idx_labels(folder_ / "l", Bytes{7, 2, 1, 0});
  EXPECT_EQ(get_file(folder_ / "l"), std::string(four_labels.begin(), four_labels.end()));
}

TEST_F(Idx, PacksWhenTheNameEndsInGz) {
  const IdxImages images{2, 1, 3, {10, 20, 30, 40, 50, 60}};
  write_idx_images(folder_ / "i.gz", images);
  EXPECT_EQ(get_file(folder_ / "i.gz").substr(0, 2), "\x1f\x8b");
  EXPECT_EQ(read_idx_images(folder_ / "i.gz").pixels, images.pixels);
}

TEST_F(Idx, WriterChecksTheSizes) {
  const std::string path = (folder_ / "i").string();
  EXPECT_EQ(error_message([&] {
              write_idx_images(path, {2, 1, 4, {1, 2}});
            }),
            path + ": 2 pixels do not make images of shape (2,1,4)");
  EXPECT_EQ(error_message([&] {
              write_idx_images(path, {std::size_t{1} << 32, 0, 1, {}});
            }),
            "[idx] dimension 4294967296 does not fit 32 bits");
  EXPECT_TRUE(folder_.names().empty());
}

TEST_F(Idx, AFullDiskLeavesNothing) {
  const std::string path = (folder_ / "i").string();
  const IdxImages images{100, 28, 28, Bytes(100 * 28 * 28)};
  std::string message;
  {
    const test::FileSizeLimit limit(1000);
    message = error_message([&] { write_idx_images(path, images); });
  }
  EXPECT_EQ(message, path + ": cannot write: File too large");
  EXPECT_TRUE(folder_.names().empty());
}

}  // namespace
}  // namespace kiln
