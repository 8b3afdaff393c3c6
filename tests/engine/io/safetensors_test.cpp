// SPDX-License-Identifier: MIT
#include "engine/io/safetensors.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/engine/io/error_message.h"
#include "tests/engine/io/file_size_limit.h"
#include "tests/support/temporary_directory.h"

namespace kiln {
namespace {

using test::error_message;
using test::get_file;
using test::put_file;
using Extents = std::vector<std::size_t>;
using Bytes = std::vector<std::uint8_t>;

// safetensors.numpy.save({'b': float32 [0,1], 'a': uint8 [0,1,2], 'c': float64 1.0}, {'k':
// 'v"é\n'}) of the reference implementation, version 0.8.0.
const std::string reference_file =
    std::string("\xc0\0\0\0\0\0\0\0", 8) +
    R"({"__metadata__":{"k":"v\"é\n"},"c":{"dtype":"F64","shape":[],"data_offsets":[0,8]},)"
    R"("b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},)"
    R"("a":{"dtype":"U8","shape":[3],"data_offsets":[16,19]}})" +
    std::string("\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\x80\x3f\0\1\2", 19);

TEST(Safetensors, ReadsAFileOfTheReferenceImplementation) {
  test::TemporaryDirectory folder;
  put_file(folder / "m", reference_file);
  const SafetensorsFile file(folder / "m");
  EXPECT_EQ(file.metadata_value("k"), "v\"é\n");
  EXPECT_EQ(file.tensors().size(), 3u);
  EXPECT_EQ(file.tensor("a").dtype, "U8");
  EXPECT_EQ(file.tensor("a").shape, Extents{3});
  EXPECT_EQ(file.tensor("a").bytes, (Bytes{0, 1, 2}));
  EXPECT_EQ(file.tensor("c").shape, Extents{});
  const auto b = file.f32("b", Extents{2});
  EXPECT_EQ(std::vector<float>(b.begin(), b.end()), (std::vector<float>{0, 1}));
}

TEST(Safetensors, WritesTheBytesOfTheReferenceImplementation) {
  test::TemporaryDirectory folder;
  const std::vector<float> b{0, 1};
  const Bytes a{0, 1, 2}, c{0, 0, 0, 0, 0, 0, 0xf0, 0x3f};
  SafetensorsWriter writer;
  writer.add("a", "U8", Extents{3}, a);  // the order of these calls does not matter
  writer.set_metadata("k", "v\"é\n");
  writer.add_f32("b", Extents{2}, b);
  writer.add("c", "F64", Extents{}, c);
  writer.write(folder / "m");
  EXPECT_EQ(get_file(folder / "m"), reference_file);
  EXPECT_EQ(folder.names(), std::vector<std::string>{"m"});
}

TEST(Safetensors, RoundTripsEveryDtypeAndOddShapes) {
  test::TemporaryDirectory folder;
  const Bytes data{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  const std::map<std::string, Extents> shapes{{"F64", {2}},     {"F32", {2, 2}}, {"F16", {8}},
                                              {"BF16", {4, 2}}, {"U8", {16}},    {"I32", {1, 4}},
                                              {"I64", {2, 1}},  {"BOOL", {16}}};
  SafetensorsWriter writer;
  for (const auto& [dtype, shape] : shapes) writer.add("tensor " + dtype, dtype, shape, data);
  writer.add_f32("empty", Extents{0, 3}, {});
  writer.write(folder / "m");
  const SafetensorsFile file(folder / "m");
  EXPECT_EQ(file.tensors().size(), shapes.size() + 1);
  for (const auto& [dtype, shape] : shapes) {
    EXPECT_EQ(file.tensor("tensor " + dtype).dtype, dtype);
    EXPECT_EQ(file.tensor("tensor " + dtype).shape, shape);
    EXPECT_EQ(file.tensor("tensor " + dtype).bytes, data);
  }
  EXPECT_TRUE(file.f32("empty", Extents{0, 3}).empty());
}

TEST(Safetensors, AnEmptyFileHasNoTensors) {
  test::TemporaryDirectory folder;
  SafetensorsWriter().write(folder / "m");
  EXPECT_EQ(get_file(folder / "m"), std::string("\x08\0\0\0\0\0\0\0{}      ", 16));
  EXPECT_TRUE(SafetensorsFile(folder / "m").tensors().empty());
}

TEST(Safetensors, DataAreAlignedToEightBytes) {
  test::TemporaryDirectory folder;
  const std::vector<float> data{1};
  for (std::size_t length = 1; length <= 16; ++length) {
    SafetensorsWriter writer;
    writer.add_f32(std::string(length, 'n'), Extents{1}, data);
    writer.write(folder / "m");
    EXPECT_EQ((get_file(folder / "m").size() - 4) % 8, 0u);
  }
}

TEST(Safetensors, ReadsFloatsThatLieMisalignedInTheFile) {
  test::TemporaryDirectory folder;
  const std::string header = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                             R"("b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}})";
  std::string file(8, '\0');
  file[0] = static_cast<char>(header.size());
  put_file(folder / "m", file + header + std::string("\x07\0\0\x80\x3f", 5));
  const SafetensorsFile read(folder / "m");
  EXPECT_EQ(read.f32("b", Extents{1})[0], 1.0F);
}

TEST(Safetensors, AccessorsNameTheFileTheTensorAndTheFault) {
  test::TemporaryDirectory folder;
  const std::string path = (folder / "generator.safetensors").string();
  put_file(path, reference_file);
  const SafetensorsFile file(path);
  EXPECT_EQ(error_message([&] { file.f32("fc1.weight", Extents{2}); }),
            path + ": tensor 'fc1.weight' is missing");
  EXPECT_EQ(error_message([&] { file.f32("c", Extents{}); }),
            path + ": tensor 'c' has dtype F64, expected F32");
  EXPECT_EQ(error_message([&] {
              file.f32("b", Extents{784, 128});
            }),
            path + ": tensor 'b' has shape (2), expected (784,128)");
  EXPECT_EQ(error_message([&] { file.f32("b", Extents{}); }),
            path + ": tensor 'b' has shape (2), expected ()");
  EXPECT_EQ(error_message([&] { file.metadata_value("model"); }),
            path + ": metadata 'model' is missing");
  EXPECT_TRUE(file.contains("b"));
  EXPECT_FALSE(file.contains("d"));
}

TEST(Safetensors, WriterRefusesWhatItCouldNotReadBack) {
  test::TemporaryDirectory folder;
  const std::vector<float> data{1, 2};
  SafetensorsWriter writer;
  writer.add_f32("a", Extents{2}, data);
  EXPECT_EQ(error_message([&] { writer.add_f32("a", Extents{2}, data); }),
            "[safetensors] the name 'a' is taken");
  EXPECT_EQ(error_message([&] { writer.add_f32("__metadata__", Extents{2}, data); }),
            "[safetensors] the name '__metadata__' is taken");
  EXPECT_EQ(error_message([&] { writer.add_f32("b", Extents{3}, data); }),
            "[safetensors] tensor 'b': 8 bytes do not make F32 of shape (3)");
  EXPECT_EQ(error_message([&] { writer.add("b", "F31", Extents{}, Bytes(4)); }),
            "[safetensors] tensor 'b' has the unknown dtype 'F31'");
  writer.add_f32("\xff", Extents{2}, data);
  const std::string path = (folder / "m").string();
  EXPECT_EQ(error_message([&] { writer.write(path); }),
            path + ": a tensor's name or the metadata is not UTF-8");
  EXPECT_TRUE(folder.names().empty());
}

TEST(Safetensors, AFullDiskLeavesNothing) {
  test::TemporaryDirectory folder;
  const std::string path = (folder / "m").string();
  const std::vector<float> data(10'000);
  SafetensorsWriter writer;
  writer.add_f32("a", Extents{10'000}, data);
  std::string message;
  {
    const test::FileSizeLimit limit(5000);
    message = error_message([&] { writer.write(path); });
  }
  EXPECT_EQ(message, path + ": cannot write: File too large");
  EXPECT_TRUE(folder.names().empty());
}

}  // namespace
}  // namespace kiln
