// SPDX-License-Identifier: MIT
#include "engine/io/gzip.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/engine/io/error_message.h"
#include "tests/support/temporary_directory.h"

namespace kiln {
namespace {

using test::error_message;
using test::put_file;
using Bytes = std::vector<std::uint8_t>;

// `printf hello | gzip -n`
const Bytes hello_gz{0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xcb, 0x48, 0xcd,
                     0xc9, 0xc9, 0x07, 0x00, 0x86, 0xa6, 0x10, 0x36, 0x05, 0x00, 0x00, 0x00};
const Bytes hello{'h', 'e', 'l', 'l', 'o'};

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

class Gzip : public testing::Test {
 protected:
  Bytes read(const Bytes& file, std::size_t max_bytes = 1 << 20) {
    put_file(path_, file);
    return read_plain_or_gzip(path_, max_bytes);
  }
  // The message without the path that begins it.
  std::string fault(const Bytes& file, std::size_t max_bytes = 1 << 20) {
    const std::string message = error_message([&] { read(file, max_bytes); });
    const std::string start = path_.string() + ": ";
    return message.starts_with(start) ? message.substr(start.size()) : message;
  }

  test::TemporaryDirectory folder_;
  std::filesystem::path path_ = folder_ / "file.gz";
};

TEST_F(Gzip, ReadsWhatGzipWrote) { EXPECT_EQ(read(hello_gz), hello); }

TEST_F(Gzip, PassesOtherFilesThrough) {
  for (const Bytes& plain : {Bytes{}, Bytes{0x1f}, Bytes{0x1f, 0x8a, 0x08}, hello}) {
    EXPECT_EQ(read(plain), plain);
  }
  Bytes large(300'000);
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<std::uint8_t>(i * i >> 7);
  EXPECT_EQ(read(large), large);
}

TEST_F(Gzip, ReadsMembersOneAfterAnother) {
  EXPECT_EQ(read(hello_gz + hello_gz), hello + hello);
  EXPECT_EQ(read(gzip_compress({}) + hello_gz), hello);
}

TEST_F(Gzip, ReadsAMemberThatStartsAcrossTheBuffersEnd) {
  // Stored members of noise, so that every place of the boundary within the 64 KiB buffer is met.
  const std::size_t buffer = 1 << 16;
  for (std::size_t extra = 0; extra < 40; ++extra) {
    Bytes noise(buffer - 50 + extra - 20);
    std::uint32_t state = 1;
    for (auto& byte : noise) {
      byte = static_cast<std::uint8_t>((state = state * 1664525u + 1013904223u) >> 24);
    }
    EXPECT_EQ(read(gzip_compress(noise) + hello_gz), noise + hello) << extra;
  }
}

TEST_F(Gzip, EveryTruncationIsAnError) {
  for (std::size_t size = 2; size < hello_gz.size(); ++size) {
    EXPECT_EQ(fault({hello_gz.begin(), hello_gz.begin() + static_cast<long>(size)}),
              "truncated gzip data")
        << size;
  }
}

TEST_F(Gzip, NoFlippedBitPassesForOtherData) {
  for (std::size_t bit = 8 * 10; bit < 8 * hello_gz.size(); ++bit) {
    Bytes bad = hello_gz;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ 1 << bit % 8);
    // The last byte of the packed data has bits that mean nothing.
    if (bit / 8 == 16 && fault(bad) == "no error") {
      EXPECT_EQ(read(bad), hello) << bit;
    } else {
      EXPECT_NE(fault(bad), "no error") << bit;
    }
  }
}

TEST_F(Gzip, NamesWhatIsCorrupt) {
  Bytes wrong_sum = hello_gz;
  wrong_sum[17] ^= 1;
  EXPECT_EQ(fault(wrong_sum), "corrupt gzip data (incorrect data check)");
  Bytes wrong_length = hello_gz;
  wrong_length[21] ^= 1;
  EXPECT_EQ(fault(wrong_length), "corrupt gzip data (incorrect length check)");
  Bytes wrong_method = hello_gz;
  wrong_method[2] = 7;
  EXPECT_EQ(fault(wrong_method), "corrupt gzip data (unknown compression method)");
}

TEST_F(Gzip, TrailingGarbageIsAnError) {
  for (const Bytes& garbage : {Bytes{0}, Bytes{0x1f}, Bytes{0x1f, 0x8a}, hello}) {
    EXPECT_EQ(fault(hello_gz + garbage), "trailing bytes after the gzip data");
  }
  EXPECT_EQ(fault(hello_gz + Bytes{0x1f, 0x8b}), "truncated gzip data");
}

TEST_F(Gzip, CapsWhatABombUnpacksTo) {
  const Bytes bomb = gzip_compress(Bytes(100'000'000));
  EXPECT_LT(bomb.size(), 200'000u);
  EXPECT_EQ(fault(bomb, 1000), "unpacks to more than 1000 bytes");
  EXPECT_EQ(fault(hello, 4), "holds more than 4 bytes");
  EXPECT_EQ(read(hello_gz, 5), hello);
}

TEST_F(Gzip, ReadsInPiecesOfAnySize) {
  Bytes data(200'000);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(i / 7);
  put_file(path_, gzip_compress(data));
  PlainOrGzipReader reader(path_);
  EXPECT_TRUE(reader.is_gzip());
  Bytes result;
  for (std::size_t size = 1;; size = size * 3 + 1) {
    Bytes piece(size);
    const std::size_t got = reader.read(piece);
    result.insert(result.end(), piece.begin(), piece.begin() + static_cast<long>(got));
    if (got < size) break;
  }
  EXPECT_EQ(result, data);
}

TEST_F(Gzip, UnpacksAFileWholeWhereItIsOneMemberOfThatSize) {
  const auto unpacked = [this](const Bytes& file, std::size_t size) {
    put_file(path_, file);
    return unpack_whole(InputFile(path_), size);
  };
  EXPECT_EQ(unpacked(hello_gz, 5), hello);
  EXPECT_EQ(unpacked(hello_gz, 4), Bytes{});
  EXPECT_EQ(unpacked(hello_gz, 6), Bytes{});
  EXPECT_EQ(unpacked(hello_gz + hello_gz, 5), Bytes{});
  EXPECT_EQ(unpacked(hello_gz + hello_gz, 10), Bytes{});
  EXPECT_EQ(unpacked(hello_gz + Bytes{0}, 5), Bytes{});
  EXPECT_EQ(unpacked(Bytes(hello_gz.begin(), hello_gz.end() - 1), 5), Bytes{});
  EXPECT_EQ(unpacked(hello, 5), Bytes{});
  Bytes wrong_sum = hello_gz;
  wrong_sum[17] ^= 1;
  EXPECT_EQ(unpacked(wrong_sum, 5), Bytes{});
  EXPECT_EQ(unpacked(hello_gz + Bytes(100'000), 5), Bytes{});  // too much to be read for 5 bytes
  EXPECT_EQ(unpacked({}, 0), Bytes{});
  EXPECT_EQ(unpack_whole(InputFile("/dev/null"), 0), Bytes{});
  EXPECT_EQ(unpacked(hello_gz, std::size_t{1} << 50), Bytes{});  // no memory is asked for
}

TEST_F(Gzip, WritesTheSameBytesEveryTime) {
  const Bytes packed = gzip_compress(hello);
  EXPECT_EQ(packed, gzip_compress(hello));
  // Magic, deflate, no flags, no time, no extra flags, system unknown.
  const Bytes header{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
  EXPECT_EQ(Bytes(packed.begin(), packed.begin() + 10), header);
}

}  // namespace
}  // namespace kiln
