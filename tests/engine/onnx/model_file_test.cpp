// SPDX-License-Identifier: MIT
// ONNX files that lie about their sizes, are damaged, or keep their weights elsewhere.
#include "engine/onnx/model_file.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_directory.h"

namespace kiln::test {
namespace {

using onnx::Constant, onnx::DataType;

std::string pb_varint(std::uint64_t value) {
  std::string text;
  for (; value >= 0x80; value >>= 7) text += static_cast<char>(value | 0x80);
  return text + static_cast<char>(value);
}
std::string pb_number(std::uint32_t field, std::uint64_t value) {
  return pb_varint(field << 3) + pb_varint(value);
}
std::string pb_bytes(std::uint32_t field, const std::string& content) {
  return pb_varint(field << 3 | 2) + pb_varint(content.size()) + content;
}

class OnnxFile : public ::testing::Test {
 protected:
  void expect_bad_tensor(const std::string& content, const std::string& why) {
    put_file(path_, std::string_view(content));
    expect_error([&] { onnx::read_tensor(path_); }, path_.string() + ": " + why);
  }
  void expect_bad_model(const std::string& content, const std::string& why) {
    put_file(path_, std::string_view(content));
    expect_error([&] { onnx::read_model(path_); }, path_.string() + ": " + why);
  }
  // A float tensor 'w' with these sizes and whatever follows.
  static std::string tensor(const std::vector<std::int64_t>& sizes, const std::string& rest) {
    std::string content = pb_number(2, 1) + pb_bytes(8, "w");
    for (const std::int64_t size : sizes) content += pb_number(1, static_cast<std::uint64_t>(size));
    return content + rest;
  }

  TemporaryDirectory folder_;
  std::filesystem::path path_ = folder_ / "m.onnx";
};

TEST_F(OnnxFile, TensorsRoundTripKeepsEveryBit) {
  const Constant floats = {"w", DataType::float32, {2, 1}, {-0.0f, 1e-40f}, {}};
  onnx::write_tensor(path_, floats);
  const Constant read = onnx::read_tensor(path_);
  EXPECT_EQ(read.name, "w");
  EXPECT_EQ(read.shape, floats.shape);
  EXPECT_EQ(std::memcmp(read.floats.data(), floats.floats.data(), 8), 0);
  for (const DataType type : {DataType::int32, DataType::int64}) {
    onnx::write_tensor(path_, {"", type, {3}, {}, {-1, 0, 1 << 30}});
    EXPECT_EQ(onnx::read_tensor(path_).ints, (std::vector<std::int64_t>{-1, 0, 1 << 30}));
  }
}

TEST_F(OnnxFile, NumbersPackedOneByOneOrRaw) {
  const std::string one("\0\0\x80\x3f", 4), two("\0\0\0\x40", 4);
  const std::string fixed32 = pb_varint(4 << 3 | 5);
  for (const std::string& data : {pb_bytes(4, one + two), fixed32 + one + fixed32 + two,
                                  pb_bytes(4, one) + pb_bytes(4, two), pb_bytes(9, one + two)}) {
    put_file(path_, std::string_view(tensor({2}, data)));
    EXPECT_EQ(onnx::read_tensor(path_).floats, (std::vector<float>{1, 2}));
  }
  const std::string packed_sizes = pb_number(2, 7) + pb_bytes(1, pb_varint(2));
  for (const std::string& data :
       {pb_bytes(7, pb_varint(3) + pb_varint(4)), pb_number(7, 3) + pb_number(7, 4)}) {
    put_file(path_, std::string_view(packed_sizes + data));
    EXPECT_EQ(onnx::read_tensor(path_).ints, (std::vector<std::int64_t>{3, 4}));
  }
}

TEST_F(OnnxFile, SizesThatLie) {
  const std::string four(4, '\0');
  expect_bad_tensor(tensor({2, 3}, pb_bytes(9, four)),
                    "tensor 'w' has 4 bytes of data, float (2,3) needs 24");
  expect_bad_tensor(tensor({1}, pb_bytes(9, four + four)),
                    "tensor 'w' has 8 bytes of data, float (1) needs 4");
  expect_bad_tensor(tensor({2}, pb_bytes(4, four)), "tensor 'w' has 1 numbers, float (2) needs 2");
  expect_bad_tensor(tensor({1}, pb_bytes(4, four + four)),
                    "there are more than 1 numbers in a tensor of that size");
  expect_bad_tensor(tensor({-1}, ""), "tensor 'w' has the size -1");
  expect_bad_tensor(tensor({1000000, 1000000}, ""),
                    "tensor 'w' has the shape (1000000,1000000), which no file can hold");
  expect_bad_tensor(tensor({1LL << 32, 1LL << 32, 1LL << 32}, ""),
                    "tensor 'w' has the shape (4294967296,4294967296,4294967296), which no file "
                    "can hold");
  expect_bad_tensor(tensor({0, 1LL << 31}, ""),
                    "tensor 'w' has the shape (0,2147483648), which no file can hold");
  expect_bad_tensor(tensor({1, 1, 1, 1, 1, 1, 1, 1, 1}, four),
                    "there are more than 8 dimensions of a tensor");
}

TEST_F(OnnxFile, TensorsThatKilnDoesNotTake) {
  expect_bad_tensor(pb_number(2, 10) + pb_bytes(8, "w"),
                    "tensor 'w' has the type float16, which is not float, int32 or int64");
  const std::string where =
      "tensor 'w' lies outside the file: save the model with its weights "
      "inside (in PyTorch: external_data=False)";
  expect_bad_tensor(tensor({1}, pb_number(14, 1)), where);
  expect_bad_tensor(tensor({1}, pb_bytes(13, pb_bytes(1, "location"))), where);
}

TEST_F(OnnxFile, FilesThatAreNoModels) {
  expect_bad_model("", "not an ONNX model: it has no graph or no ir_version");
  expect_bad_model("PK\3\4 a PyTorch checkpoint", "not an ONNX file, or damaged");
  expect_bad_model(pb_number(1, 6), "not an ONNX model: it has no graph or no ir_version");
  expect_bad_model(pb_number(1, 6) + pb_bytes(7, pb_bytes(1, pb_bytes(1, "x"))),
                   "a node has no op_type");
  expect_bad_model(pb_number(1, 6) + pb_bytes(7, pb_bytes(15, "")),
                   "there are sparse initializers, which are not supported");
  const std::string tensor_attribute =
      pb_bytes(1, "value") + pb_bytes(5, pb_number(2, 9)) + pb_number(20, 4);
  const std::string node =
      pb_bytes(2, "y") + pb_bytes(4, "Constant") + pb_bytes(5, tensor_attribute);
  expect_bad_model(pb_number(1, 6) + pb_bytes(7, pb_bytes(1, node)),
                   "the node that makes 'y' (Constant): attribute 'value' has the type bool, which "
                   "is not float, int32 or int64");
}

// Whatever a file is cut to, it is refused or read, and nothing else happens.
TEST_F(OnnxFile, EveryTruncationOfAModelIsRefused) {
  const std::string whole = get_file(KILN_GOLDEN_DIR "/pytorch_mlp.onnx");
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    put_file(path_, std::string_view(whole).substr(0, size));
    try {
      onnx::read_model(path_);  // ends between two fields
    } catch (const Error& error) {
      EXPECT_TRUE(std::string(error.what()).starts_with(path_.string() + ": ")) << error.what();
    }
  }
}

// Tiny messages must not become large objects without end.
TEST_F(OnnxFile, CountsAreBounded) {
  const std::string node = pb_bytes(1, pb_bytes(4, "R"));
  std::string nodes;
  for (std::size_t i = 0; i <= onnx::kMaxGraphParts; ++i) nodes += node;
  expect_bad_model(pb_number(1, 6) + pb_bytes(7, nodes), "there are more than 65536 nodes");
  std::string inputs;
  for (std::size_t i = 0; i <= onnx::kMaxNodeParts; ++i) inputs += pb_bytes(1, "");
  expect_bad_model(pb_number(1, 6) + pb_bytes(7, pb_bytes(1, pb_bytes(4, "R") + inputs)),
                   "there are more than 1024 inputs of a node");
}

}  // namespace
}  // namespace kiln::test
