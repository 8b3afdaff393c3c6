// SPDX-License-Identifier: MIT
#include "engine/data/sha256.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "engine/data/sha256_blocks.h"
#include "tests/engine/io/error_message.h"
#include "tests/support/temporary_directory.h"

namespace kiln {
namespace {

using test::error_message;

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string sha256(std::string_view text) {
  Sha256 sum;
  sum.update(bytes_of(text));
  return sum.hex_digest();
}

// FIPS 180-4's examples, as sha256sum prints them.
TEST(Sha256, KnownSums) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, EveryLengthAroundABlock) {
  // One sum over the sums of 0 to 199 bytes 'x', from Python's hashlib.
  Sha256 all;
  for (std::size_t length = 0; length < 200; ++length) {
    all.update(bytes_of(sha256(std::string(length, 'x'))));
  }
  EXPECT_EQ(all.hex_digest(), "f61ffcc417e1f0e59eba2da7fa32fbe05b64e478b68c6bacf990455f00248b98");
}

TEST(Sha256, DoesNotDependOnThePieces) {
  const std::string text(1000, 'q');
  for (const std::size_t piece : {1u, 7u, 63u, 64u, 65u, 200u}) {
    Sha256 sum;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      sum.update(bytes_of(std::string_view(text).substr(at, piece)));
    }
    EXPECT_EQ(sum.hex_digest(), sha256(text)) << piece;
  }
}

// Whichever of the two the sums above were made by.
TEST(Sha256, BothWaysToCompressAgree) {
  const Sha256Blocks by_instruction = sha256_blocks_by_instruction();
  if (by_instruction == nullptr) GTEST_SKIP() << "this CPU has no instructions for SHA-256";
  std::vector<std::uint8_t> blocks;
  for (std::uint32_t i = 0; i < 5 * 64; ++i) {
    blocks.push_back(static_cast<std::uint8_t>(i * 2654435761u >> 24));
  }
  std::array<std::uint32_t, 8> state = {1, 2, 3, 0xFFFFFFFF, 5, 6, 0x80000000, 8}, other = state;
  sha256_blocks_portable(state.data(), blocks.data(), 5);
  by_instruction(other.data(), blocks.data(), 5);
  EXPECT_EQ(state, other);
}

class Sha256Sums : public testing::Test {
 protected:
  std::map<std::string, std::string> read(const std::string& text) {
    test::put_file(path_, text);
    return read_sha256_sums(path_);
  }
  std::string fault(const std::string& text) {
    return error_message([&] { read(text); }).substr(path_.string().size());
  }

  test::TemporaryDirectory folder_;
  std::filesystem::path path_ = folder_ / "SHA256SUMS";
  const std::string sum_ = std::string(60, '0') + "0abc";
};

TEST_F(Sha256Sums, ReadsWhatSha256sumWrites) {
  const std::string upper = std::string(60, '0') + "0ABC";
  const auto sums = read("# a comment\n" + sum_ + "  text file\n\n" + upper + " *binary\r\n" +
                         sum_ + "  no newline at the end");
  EXPECT_EQ(sums, (std::map<std::string, std::string>{
                      {"text file", sum_}, {"binary", sum_}, {"no newline at the end", sum_}}));
  EXPECT_TRUE(read("").empty());
}

TEST_F(Sha256Sums, NamesTheLineThatIsNoSum) {
  EXPECT_EQ(fault(sum_ + "  a\nnonsense\n"), ": line 2 is not a SHA-256 sum");
  EXPECT_EQ(fault(sum_), ": line 1 is not a SHA-256 sum");
  EXPECT_EQ(fault(sum_ + "  "), ": line 1 is not a SHA-256 sum");
  EXPECT_EQ(fault(sum_ + "0  a"), ": line 1 is not a SHA-256 sum");
  EXPECT_EQ(fault("g" + sum_.substr(1) + "  a"), ": line 1 is not a SHA-256 sum");
  EXPECT_EQ(fault(sum_ + "  a\n" + sum_ + "  a\n"), ": line 2 is a second sum for the same file");
}

}  // namespace
}  // namespace kiln
