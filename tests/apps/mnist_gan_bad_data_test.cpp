// SPDX-License-Identifier: MIT
// Data that cannot be trained on: one line that names the file, exit code 1, and nothing written.
#include "engine/io/gzip.h"
#include "tests/apps/app_test.h"

namespace kiln::test {
namespace {

const std::string kImageFile = "train-images-idx3-ubyte";
const std::string kLabelFile = "train-labels-idx1-ubyte";

class MnistGanBadData : public AppTest {
 protected:
  void SetUp() override { make_data(); }

  void expect_error(const std::string& text, const std::string& data = "data") {
    const Snapshot before = snapshot(folder_.path());
    const Outcome run =
        mnist_gan({"--data", data, "--batch", "16", "--epochs", "1", "--out", "out/new"});
    expect_refused(run, "mnist_gan", 1, text);
    EXPECT_EQ(run.out, "");
    EXPECT_LT(run.peak_kib, 1 << 20) << "memory for what a header claims";
    EXPECT_EQ(names(snapshot(folder_.path())), names(before));
  }

  // Replaces the images by `bytes`.
  void put_images(const std::string& bytes, const std::string& suffix = "") {
    std::filesystem::remove(data_ / kImageFile);
    put_file(data_ / (kImageFile + suffix), bytes);
  }

  std::string packed() const {
    const std::string plain = get_file(data_ / kImageFile);
    const Bytes bytes =
        gzip_compress({reinterpret_cast<const std::uint8_t*>(plain.data()), plain.size()});
    return {bytes.begin(), bytes.end()};
  }

  static std::string header(const std::string& magic, const Bytes& dimensions) {
    return magic + std::string(dimensions.begin(), dimensions.end());
  }

  const std::string magic_ = {0, 0, 8, 3};
};

TEST_F(MnistGanBadData, NoSuchFolder) { expect_error("nowhere: no such folder", "nowhere"); }

TEST_F(MnistGanBadData, AFileForTheFolder) {
  expect_error("train-images-idx3-ubyte: not a folder", "data/" + kImageFile);
}

TEST_F(MnistGanBadData, AnEmptyFolder) {
  std::filesystem::create_directory(folder_ / "empty");
  expect_error("empty: has neither " + kImageFile + " nor " + kImageFile + ".gz", "empty");
}

TEST_F(MnistGanBadData, OneFileMissing) {
  std::filesystem::remove(data_ / kLabelFile);
  expect_error("data: has neither " + kLabelFile);
}

TEST_F(MnistGanBadData, AFolderForTheFile) {
  std::filesystem::remove(data_ / kImageFile);
  std::filesystem::create_directory(data_ / kImageFile);
  expect_error(kImageFile + ": is a folder");
}

TEST_F(MnistGanBadData, TruncatedGzip) {
  const std::string whole = packed();
  put_images(whole.substr(0, whole.size() / 2), ".gz");
  expect_error(kImageFile + ".gz: truncated gzip data");
}

TEST_F(MnistGanBadData, NotGzip) {
  put_images("<html>404 Not Found</html>", ".gz");
  expect_error(kImageFile + ".gz: not a gzip file");
}

TEST_F(MnistGanBadData, CorruptGzip) {
  std::string bytes = packed();
  bytes[bytes.size() - 6] ^= 1;  // of the checksum
  put_images(bytes, ".gz");
  expect_error(kImageFile + ".gz: corrupt gzip data");
}

TEST_F(MnistGanBadData, Truncated) {
  const std::string whole = get_file(data_ / kImageFile);
  put_images(whole.substr(0, whole.size() - 1));
  expect_error(kImageFile + ": truncated");
  put_images(whole.substr(0, 9));
  expect_error(kImageFile + ": truncated");
  put_images("");
  expect_error(kImageFile + ": is empty");
}

TEST_F(MnistGanBadData, TrailingBytes) {
  put_images(get_file(data_ / kImageFile) + "x");
  expect_error(kImageFile + ": trailing bytes");
}

TEST_F(MnistGanBadData, WrongMagicNumber) {
  std::string bytes = get_file(data_ / kImageFile);
  bytes[3] = 4;
  put_images(bytes);
  expect_error(kImageFile + ": wrong magic number 0x00000804, expected 0x00000803");
}

TEST_F(MnistGanBadData, ImagesAndLabelsSwapped) {
  std::filesystem::rename(data_ / kImageFile, data_ / "x");
  std::filesystem::rename(data_ / kLabelFile, data_ / kImageFile);
  std::filesystem::rename(data_ / "x", data_ / kLabelFile);
  expect_error(": wrong magic number");
}

TEST_F(MnistGanBadData, CountsThatDiffer) {
  write_idx_labels(data_ / kLabelFile, labels(kImages - 1));
  expect_error("holds 200 images, but " + kLabelFile + " holds 199 labels");
}

TEST_F(MnistGanBadData, ALabelAboveNine) {
  Bytes wrong = labels(kImages);
  wrong[17] = 10;
  write_idx_labels(data_ / kLabelFile, wrong);
  expect_error(kLabelFile + ": label 10 of image 17");
}

TEST_F(MnistGanBadData, DimensionsThatLie) {
  put_images(header(magic_, Bytes(12, 0xff)));
  expect_error(kImageFile + ": the header's dimensions (4294967295,4294967295,4294967295)");
  // Just below the limit: claims 4 GiB and has none.
  put_images(header(magic_, {0, 0, 0, 1, 0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff}));
  expect_error(kImageFile + ": truncated: the header's dimensions (1,65535,65535)");
}

TEST_F(MnistGanBadData, NothingInside) {
  put_images(header(magic_, {0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 8}));
  expect_error(kImageFile + ": holds no images");
  put_images(header(magic_, {0, 0, 0, 200, 0, 0, 0, 0, 0, 0, 0, 8}));
  expect_error(kImageFile + ": images without pixels");
}

TEST_F(MnistGanBadData, AWrongChecksum) {
  put_file(data_ / "SHA256SUMS", std::string(64, '0') + "  " + kImageFile + "\n");
  expect_error(kImageFile + ": SHA-256 of the unpacked data is");
}

TEST_F(MnistGanBadData, ConvolutionsWantSquareImages) {
  std::filesystem::remove_all(data_);
  make_data(4, 16);  // as many pixels as 8x8
  const Outcome run = mnist_gan({"--recipe", "dcgan", "--batch", "16", "--max-steps", "1"});
  expect_refused(run, "mnist_gan", 1, "recipe 'dcgan' takes square images, those of data are 4x16");
  EXPECT_FALSE(std::filesystem::exists(out_));
}

TEST_F(MnistGanBadData, AHostileNameStaysOnOneLine) {
  expect_error("no\\x0awhere\\x1b[2J: no such folder", "no\nwhere\x1b[2J");
}

}  // namespace
}  // namespace kiln::test
