// SPDX-License-Identifier: MIT
// Files that must not load. The reference implementation (0.8.0) rejects each of them too, but for
// names given twice and white space before the header, where the format's description is stricter.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "engine/io/safetensors.h"
#include "tests/engine/io/error_message.h"
#include "tests/support/temporary_directory.h"

namespace kiln {
namespace {

std::string length_field(std::uint64_t length) {
  std::string field;
  for (int i = 0; i < 8; ++i) field += static_cast<char>(length >> (8 * i) & 0xff);
  return field;
}

std::string entry(const std::string& name, const std::string& offsets,
                  const std::string& shape = "[1]", const std::string& dtype = "\"F32\"") {
  return "\"" + name + "\":{\"dtype\":" + dtype + ",\"shape\":" + shape +
         ",\"data_offsets\":" + offsets + "}";
}

class SafetensorsBadInput : public testing::Test {
 protected:
  // What is said about a file of these bytes, without the path.
  std::string file_fault(const std::string& bytes) {
    const std::string path = (folder_ / "bad.safetensors").string();
    test::put_file(path, bytes);
    const std::string message = test::error_message([&] { SafetensorsFile file(path); });
    return message.starts_with(path + ": ") ? message.substr(path.size() + 2) : message;
  }
  std::string fault(const std::string& header, std::size_t data_bytes = 4) {
    return file_fault(length_field(header.size()) + header + std::string(data_bytes, '\0'));
  }

  test::TemporaryDirectory folder_;
};

TEST_F(SafetensorsBadInput, TheYardstickLoads) {
  EXPECT_EQ(fault("{" + entry("a", "[0,4]") + "}"), "no error");
  EXPECT_EQ(fault("{" + entry("a", "[0,4]") + "}   \n"), "no error");
  EXPECT_EQ(fault("{" + entry("b", "[4,8]") + "," + entry("a", "[0,4]") + "}", 8), "no error");
  EXPECT_EQ(fault("{" + entry("z", "[0,0]", "[0]") + "," + entry("a", "[0,4]") + "}"), "no error");
  EXPECT_EQ(fault("{\"__metadata__\":null," + entry("a", "[0,4]") + "}"), "no error");
  EXPECT_EQ(fault(R"({"a":{"x":{"y":[1,[2.5,"s"],{}]},"dtype":"F32","shape":[1],"n":null,)"
                  R"("data_offsets":[0,4]}})"),
            "no error");
}

TEST_F(SafetensorsBadInput, FilesTooShort) {
  EXPECT_EQ(file_fault(""), "truncated: 0 bytes, a safetensors file has at least 8");
  EXPECT_EQ(file_fault("1234567"), "truncated: 7 bytes, a safetensors file has at least 8");
  const std::string header = "{" + entry("a", "[0,4]") + "}";
  EXPECT_EQ(fault(header, 3), "truncated: the header describes 4 bytes of data, 3 follow");
  EXPECT_EQ(fault(header, 0), "truncated: the header describes 4 bytes of data, 0 follow");
  EXPECT_EQ(file_fault(length_field(0)), "the header does not start with '{'");
}

TEST_F(SafetensorsBadInput, TrailingBytes) {
  EXPECT_EQ(fault("{" + entry("a", "[0,4]") + "}", 5),
            "trailing bytes: the header describes 4 bytes of data, 5 follow");
  EXPECT_EQ(fault("{}", 1), "trailing bytes: the header describes 0 bytes of data, 1 follow");
}

TEST_F(SafetensorsBadInput, HeaderLargerThanTheFile) {
  EXPECT_EQ(file_fault(length_field(11) + "{}        "),
            "the header's length 11 is larger than the file (18 bytes)");
  EXPECT_EQ(file_fault(length_field(UINT64_MAX) + "{}"),
            "the header's length 18446744073709551615 is larger than the file (10 bytes)");
}

TEST_F(SafetensorsBadInput, HeaderOverTheLimit) {
  const auto path = folder_ / "sparse";
  test::put_file(path, length_field(100'000'001) + "{}");
  std::filesystem::resize_file(path, 200'000'000);  // takes no disk
  EXPECT_EQ(test::error_message([&] { SafetensorsFile file(path); }),
            path.string() + ": the header's length 100000001 is over the limit of 100000000 bytes");
}

TEST_F(SafetensorsBadInput, NotJson) {
  EXPECT_EQ(fault("[]"), "the header does not start with '{'");
  EXPECT_EQ(fault(" {}"), "the header does not start with '{'");
  EXPECT_EQ(fault("\xef\xbb\xbf{}"), "the header does not start with '{'");
  EXPECT_EQ(fault("{"), "the header is not valid JSON (at byte 2)");
  EXPECT_EQ(fault("{\"a\":}"), "the header is not valid JSON (at byte 6)");
  EXPECT_EQ(fault("{} {}"), "the header is not valid JSON (at byte 4)");
  EXPECT_EQ(fault(std::string("{}\0\0", 4)), "the header is not valid JSON (at byte 3)");
  EXPECT_EQ(fault("{" + entry("a", "[0,4]") + ",}"), "the header is not valid JSON (at byte 55)");
  EXPECT_EQ(fault(R"({"\ud800":1})"), "the header is not valid JSON (at byte 9)");
  EXPECT_EQ(fault("{\"a\n\":1}"), "the header is not valid JSON (at byte 4)");
}

TEST_F(SafetensorsBadInput, NotUtf8) {
  EXPECT_EQ(fault("{" + entry("\xff", "[0,4]") + "}"), "the header is not valid UTF-8 (at byte 3)");
  EXPECT_EQ(fault("{" + entry("\xc0\x80", "[0,4]") + "}"),
            "the header is not valid UTF-8 (at byte 3)");
}

TEST_F(SafetensorsBadInput, NamesGivenTwice) {
  EXPECT_EQ(fault("{" + entry("a", "[0,4]") + "," + entry("a", "[0,4]") + "}"),
            "'a' is there twice");
  EXPECT_EQ(fault("{" + entry("a", "[0,4]") + "," + entry("\\u0061", "[4,8]") + "}", 8),
            "'a' is there twice");
  EXPECT_EQ(fault(R"({"__metadata__":{},"__metadata__":{}})", 0), "'__metadata__' is there twice");
  EXPECT_EQ(fault(R"({"__metadata__":{"k":"1","k":"2"}})", 0), "__metadata__ has 'k' twice");
  EXPECT_EQ(fault(R"({"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}})"),
            "tensor 'a' has shape twice");
}

TEST_F(SafetensorsBadInput, MetadataOfTheWrongKind) {
  const std::string message = "__metadata__ is not a map of strings to strings";
  for (const char* value : {"1", "\"x\"", "[]", "true", R"({"k":1})", R"({"k":null})",
                            R"({"k":{}})", R"({"k":["x"]})", R"({"k":2.5})", R"({"k":-1})"}) {
    EXPECT_EQ(fault(std::string("{\"__metadata__\":") + value + "}", 0), message) << value;
  }
}

TEST_F(SafetensorsBadInput, TensorsOfTheWrongKind) {
  for (const char* value : {"1", "null", "\"x\"", "[]", "false", "-1", "1.5"}) {
    EXPECT_EQ(fault(std::string("{\"a\":") + value + "}", 0),
              "tensor 'a' is not described by an object")
        << value;
  }
  EXPECT_EQ(fault(R"({"a":{}})", 0), "tensor 'a' has no dtype");
  EXPECT_EQ(fault(R"({"a":{"dtype":"F32"}})", 0), "tensor 'a' has no shape");
  EXPECT_EQ(fault(R"({"a":{"dtype":"F32","shape":[]}})", 0), "tensor 'a' has no data_offsets");
  for (const char* dtype : {"1", "null", "[]", "{}"}) {
    EXPECT_EQ(fault("{" + entry("a", "[0,4]", "[1]", dtype) + "}"),
              "tensor 'a' has a dtype that is not a string")
        << dtype;
  }
  EXPECT_EQ(fault("{" + entry("a", "[0,4]", "[1]", "\"F33\"") + "}"),
            "tensor 'a' has the unknown dtype 'F33'");
  for (const char* shape : {"1", "\"1\"", "[-1]", "[-0]", "[1.0]", "[1e0]", "[[1]]", "[{}]",
                            "[null]", "{}", "null", "[18446744073709551616]"}) {
    EXPECT_EQ(fault("{" + entry("a", "[0,4]", shape) + "}"),
              "tensor 'a' has a shape that is not a list of sizes")
        << shape;
  }
  for (const char* offsets : {"4", "[]", "[0]", "[0,4,4]", "[0,4.0]", "[-0,4]", "{}", "[[0,4]]"}) {
    EXPECT_EQ(fault("{" + entry("a", offsets) + "}"),
              "tensor 'a' has data_offsets that are not two positions")
        << offsets;
  }
}

TEST_F(SafetensorsBadInput, SizesThatLie) {
  EXPECT_EQ(fault("{" + entry("a", "[0,4]", "[2]") + "}"),
            "tensor 'a' has data_offsets [0,4], but its shape and dtype F32 need 8 bytes");
  EXPECT_EQ(fault("{" + entry("a", "[4,0]") + "}"),
            "tensor 'a' has data_offsets [4,0], but its shape and dtype F32 need 4 bytes");
  EXPECT_EQ(fault("{" + entry("a", "[0,4]", "[4294967296,4294967296]") + "}"),
            "tensor 'a' has a shape whose size overflows");
  EXPECT_EQ(fault("{" + entry("a", "[0,0]", "[4611686018427387904]") + "}", 0),
            "tensor 'a' has a shape whose size overflows");
  EXPECT_EQ(fault("{" + entry("a", "[0,4611686018427387900]", "[1152921504606846975]") + "}"),
            "truncated: the header describes 4611686018427387900 bytes of data, 4 follow");
}

TEST_F(SafetensorsBadInput, OverlapsAndHoles) {
  EXPECT_EQ(fault("{" + entry("a", "[0,4]") + "," + entry("b", "[0,4]") + "}"),
            "tensor 'b' has data_offsets [0,4]: overlaps the data that end at 4");
  EXPECT_EQ(fault("{" + entry("a", "[0,8]", "[2]") + "," + entry("b", "[4,8]") + "}", 8),
            "tensor 'b' has data_offsets [4,8]: overlaps the data that end at 8");
  EXPECT_EQ(fault("{" + entry("a", "[4,8]") + "}", 8),
            "tensor 'a' has data_offsets [4,8]: leaves a hole from 0");
  EXPECT_EQ(fault("{" + entry("a", "[0,4]") + "," + entry("b", "[8,12]") + "}", 12),
            "tensor 'b' has data_offsets [8,12]: leaves a hole from 4");
  EXPECT_EQ(fault("{" + entry("z", "[2,2]", "[0]") + "," + entry("a", "[0,4]") + "}"),
            "tensor 'z' has data_offsets [2,2]: overlaps the data that end at 4");
}

TEST_F(SafetensorsBadInput, DeepNesting) {
  const std::string deep(1'000'000, '[');
  EXPECT_EQ(fault("{\"a\":" + deep), "tensor 'a' is not described by an object");
  EXPECT_EQ(fault("{\"a\":{\"x\":" + deep), "the header is nested too deeply");
  std::string objects = "{\"a\":{\"x\":";
  for (int i = 0; i < 100'000; ++i) objects += "{\"k\":";
  EXPECT_EQ(fault(objects), "the header is nested too deeply");
}

TEST_F(SafetensorsBadInput, AHostileNameStaysOnOneLineAndShort) {
  EXPECT_EQ(fault("{" + entry("\\u001b[2J\\n", "[4,8]") + "}", 8),
            "tensor '\\x1b[2J\\x0a' has data_offsets [4,8]: leaves a hole from 0");
  EXPECT_EQ(
      fault("{" + entry(std::string(5000, 'n'), "[4,8]") + "}", 8),
      "tensor '" + std::string(100, 'n') + "...' has data_offsets [4,8]: leaves a hole from 0");
}

TEST_F(SafetensorsBadInput, EveryTruncationOfAGoodFileIsAnError) {
  const std::string header = "{" + entry("a", "[0,4]") + "}";
  const std::string file = length_field(header.size()) + header + "data";
  ASSERT_EQ(file_fault(file), "no error");
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_NE(file_fault(file.substr(0, size)), "no error") << size;
  }
}

TEST_F(SafetensorsBadInput, MissingFile) {
  const std::string path = (folder_ / "none").string();
  EXPECT_EQ(test::error_message([&] { SafetensorsFile file(path); }),
            path + ": cannot open: No such file or directory");
}

}  // namespace
}  // namespace kiln
