// SPDX-License-Identifier: MIT
// Models that cannot be used, options that cannot be followed, files that cannot be written: one
// line, and nothing left behind.
#include <cmath>

#include "engine/io/byte_order.h"
#include "engine/io/safetensors.h"
#include "tests/apps/generate_test.h"

namespace kiln::test {
namespace {

namespace fs = std::filesystem;

class GenerateBadInput : public GenerateTest {
 protected:
  // What a model file of one layer, 3 to 4, is made of; tests bend it.
  struct Model {
    std::string role = "generator";
    std::string sizes = "[3,4]";
    std::string image_shape = "[2,2]";
    std::string activation = "sigmoid";
    std::string weight_dtype = "F32";
    bool has_bias = true;
    float value = 0.5f;
  };

  void put_model(const Model& model) {
    SafetensorsWriter writer;
    writer.set_metadata(
        "kiln.architecture",
        R"({"type":"mlp","role":")" + model.role + R"(","sizes":)" + model.sizes +
            R"(,"hidden_activation":{"type":"relu"},"output_activation":{"type":")" +
            model.activation + R"("},"image_shape":)" + model.image_shape + "}");
    const std::vector<float> values(24, model.value);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(values.data());
    const bool wide = model.weight_dtype == "F64";
    writer.add("fc1.weight", model.weight_dtype, std::vector<std::size_t>{4, 3},
               {bytes, wide ? 96u : 48u});
    if (model.has_bias) {
      writer.add_f32("fc1.bias", std::vector<std::size_t>{4}, std::span(values).first(4));
    }
    writer.write(folder_ / "m");
  }

  // A file with this header, unchecked, and `data_bytes` zeros.
  void put_raw(const std::string& header, std::size_t data_bytes, std::uint64_t length) {
    Bytes file(8);
    store_little64(length, file.data());
    file.insert(file.end(), header.begin(), header.end());
    file.resize(file.size() + data_bytes);
    put_file(folder_ / "m", std::span<const std::uint8_t>(file));
  }

  void expect_error(const Arguments& more, const std::string& text, int exit_code = 1,
                    const std::string& out = "x.png", RunOptions options = {}) {
    SCOPED_TRACE(::testing::PrintToString(more));
    const Snapshot before = snapshot(folder_.path());
    const Outcome run = draw(out, more, options);
    expect_refused(run, "generate", exit_code, text);
    EXPECT_EQ(run.out, "");
    EXPECT_LT(run.peak_kib, 1 << 20) << "memory for what a header claims";
    EXPECT_TRUE(snapshot(folder_.path()) == before) << "the folder is not as it was";
  }

  void expect_bad_model(const std::string& text) { expect_error({"--model", "m"}, "m: " + text); }
};

TEST_F(GenerateBadInput, TheYardstickDraws) {
  put_model({});
  EXPECT_EQ(draw("x.png", {"--model", "m"}).exit_code, 0);
}

TEST_F(GenerateBadInput, NoFile) {
  expect_bad_model("cannot open: No such file or directory");
  fs::create_directory(folder_ / "m");
  expect_bad_model("is a folder");
}

TEST_F(GenerateBadInput, FilesThatAreNotSafetensors) {
  put_file(folder_ / "m", std::string_view());
  expect_bad_model("truncated: 0 bytes");
  put_file(folder_ / "m", std::string_view("PK\3\4 a PyTorch checkpoint"));
  expect_bad_model("the header's length");
  put_raw("{}", 0, 1000000);
  expect_bad_model("the header's length 1000000 is larger than the file (10 bytes)");
  put_raw("{}", 0, ~std::uint64_t{0});
  expect_bad_model("the header's length 18446744073709551615 is larger than the file");
  put_raw("[]", 0, 2);
  expect_bad_model("the header does not start with '{'");
}

TEST_F(GenerateBadInput, OverlappingOffsets) {
  const std::string header = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                             R"("b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})";
  put_raw(header, 12, header.size());
  expect_bad_model("tensor 'b' has data_offsets [4,12]: overlaps the data that end at 8");
}

TEST_F(GenerateBadInput, ATruncatedFile) {
  const std::string whole = get_file(folder_ / "generator.safetensors");
  put_file(folder_ / "m", whole.substr(0, whole.size() - 1));
  expect_bad_model("truncated: the header describes");
}

TEST_F(GenerateBadInput, TensorsThatDoNotFit) {
  put_model({.weight_dtype = "F64"});
  expect_bad_model("tensor 'fc1.weight' has dtype F64, expected F32");
  put_model({.has_bias = false});
  expect_bad_model("tensor 'fc1.bias' is missing");
  put_model({.sizes = "[5,4]"});
  expect_bad_model("tensor 'fc1.weight' has shape (4,3), expected (4,5)");
  put_model({.sizes = "[2000000000,4]"});
  expect_bad_model("tensor 'fc1.weight' has shape (4,3), expected (4,2000000000)");
}

TEST_F(GenerateBadInput, AnArchitectureThatLies) {
  const std::string start = "metadata 'kiln.architecture' cannot be used: ";
  for (const char* shape : {"[2,3]", "[4]", "[]", "[-2,-2]", "[0,4]", "[4294967296,4294967296]"}) {
    put_model({.image_shape = shape});
    expect_bad_model(start);
  }
  for (const char* sizes : {"[]", "[4]", "[0,4]", "[-3,4]", "[3.5,4]", "\"3,4\"", "{}", "3",
                            "[18446744073709551619,4]"}) {
    put_model({.sizes = sizes});
    expect_bad_model(start);
  }
  put_model({.sizes = "[0,4]"});
  expect_bad_model(start + "[mlp] layer sizes (0,4) are not two or more positive numbers");
  put_model({.activation = "gelu"});
  expect_bad_model(start + "activation 'gelu' is unknown");
  put_model({.sizes = "[3,4"});
  expect_bad_model(start);
}

TEST_F(GenerateBadInput, AnotherToolsFile) {
  SafetensorsWriter writer;
  const std::vector<float> values(4);
  writer.add_f32("w", std::vector<std::size_t>{4}, values);
  writer.write(folder_ / "m");
  expect_bad_model("not a model that Kiln can build: the metadata has no 'kiln.architecture'");
}

TEST_F(GenerateBadInput, ADiscriminator) {
  put_model({.role = "discriminator", .sizes = "[4,3]"});
  expect_bad_model("tensor 'fc1.weight' has shape (4,3), expected (3,4)");
  const models::MlpConfig config = {{4, 3, 1}, {models::ActivationKind::relu}, {}};
  models::save_network(folder_ / "m", models::Mlp(config, 3, Device::cpu()),
                       {"discriminator", {2, 2}});
  expect_bad_model("its role is 'discriminator', not 'generator'");
}

TEST_F(GenerateBadInput, ARoleWithALineBreakStaysOnOneLine) {
  put_model({.role = R"(a\nb)"});
  expect_bad_model("its role is 'a\\x0ab', not 'generator'");
}

TEST_F(GenerateBadInput, WeightsThatDrawNoPicture) {
  put_model({.value = std::nanf("")});
  expect_bad_model("tensor 'fc1.weight' holds a number that is not finite");
  put_model({.activation = "identity", .value = 100});
  expect_bad_model("draws a pixel of value ");
}

TEST_F(GenerateBadInput, UsageIsExitCodeTwo) {
  expect_refused(generate({"--out", "x.png"}), "generate", 2, "--model");
  expect_refused(generate({"--model", "generator.safetensors"}), "generate", 2, "--out");
  expect_error({"--nope"}, "--nope", 2);
  for (const char* n : {"0", "-1", "1000001", "many", "2.5", ""}) {
    expect_error({"--n", n}, "--n: '" + std::string(n) + "' is not a whole number from 1", 2);
  }
  expect_error({"--seed", "-1"}, "--seed", 2);
  expect_error({"--model", ""}, "--model: is empty", 2);
  expect_error({}, "--out: is empty", 2, "");
}

TEST_F(GenerateBadInput, NamesThatAreNoFormat) {
  for (const char* out : {"x.jpg", "x", "png", "x.png.bak", "x-idx1-ubyte", "x.npy/"}) {
    expect_error({}, std::string(out) + ": the name must end in .png, .npy, -idx3-ubyte or", 1,
                 out);
  }
}

TEST_F(GenerateBadInput, PlacesThatCannotBeWritten) {
  expect_error({}, "nowhere/x.png: cannot create: No such file or directory", 1, "nowhere/x.png");
  expect_error({}, "cannot create: Not a directory", 1, "generator.safetensors/x.npy");
  expect_error({}, "/proc/x-idx3-ubyte: cannot create", 1, "/proc/x-idx3-ubyte");
  fs::create_directory(folder_ / "folder.png");
  expect_error({}, "folder.png: cannot write: is a folder", 1, "folder.png");
}

TEST_F(GenerateBadInput, AFullDisk) {
  RunOptions full;
  full.file_size_limit = 100;
  put_file(folder_ / "x.npy", std::string_view("an older file"));
  for (const char* out : {"x.png", "x.npy", "x-idx3-ubyte", "x-idx3-ubyte.gz"}) {
    expect_error({}, std::string(out) + ": cannot write: File too large", 1, out, full);
  }
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "there is no /dev/full here";
  fs::create_symlink("/dev/full", folder_ / "full.png");
  const Outcome run = draw("full.png");
  expect_refused(run, "generate", 1, "full.png: cannot write: No space left on device");
  EXPECT_TRUE(fs::is_symlink(folder_ / "full.png"));
}

TEST_F(GenerateBadInput, Devices) {
  expect_error({"--device", "tpu"}, "device 'tpu' is unknown: use auto, cpu or cuda");
#ifndef KILN_HAS_CUDA
  expect_error({"--device", "cuda"}, "this build of Kiln has no CUDA");
#endif
}

}  // namespace
}  // namespace kiln::test
