// SPDX-License-Identifier: MIT
// generate --reconstruct: by networks of one layer whose every number is known.
#include "engine/io/image_grid.h"
#include "engine/io/npy.h"
#include "models/mlp.h"
#include "models/network_file.h"
#include "tests/apps/app_test.h"
#include "tests/apps/read_png.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

class Reconstruct : public AppTest {
 protected:
  static constexpr std::size_t kImageSize = 6;  // 2 high, 3 wide

  // One layer with weight[output, input] = value.
  template <class Weight>
  void put_network(const std::string& name, std::int64_t inputs, std::int64_t outputs,
                   const Weight& weight, const models::NetworkInfo& info) {
    const models::Mlp network({{inputs, outputs}, {}, {}}, 1, Device::cpu());
    std::vector<float> weights;
    for (std::int64_t i = 0; i < outputs; ++i) {
      for (std::int64_t j = 0; j < inputs; ++j) weights.push_back(weight(i, j));
    }
    network.parameters()[0].copy_from(Tensor::from_host(weights, {outputs, inputs}, Device::cpu()));
    network.parameters()[1].fill(0);
    models::save_network(folder_ / name, network, info);
  }

  // The means are the pixels, the log-variances 3; the decoder halves what it is given and, for
  // class 1 of two, adds a half: x becomes x / 2 + label / 2.
  void put_models(std::int64_t classes, const std::string& folder = "") {
    std::filesystem::create_directory(folder_ / folder);
    put_network(folder + "encoder.safetensors", kImageSize + classes, 2 * kImageSize,
                [](std::int64_t i, std::int64_t j) { return i == j ? 1.0f : 0.0f; },
                {"encoder", {2, 3}, classes});
    put_network(folder + "decoder.safetensors", kImageSize + classes, kImageSize,
                [](std::int64_t i, std::int64_t j) {
                  return i == j || j == static_cast<std::int64_t>(kImageSize) + 1 ? 0.5f : 0.0f;
                },
                {"generator", {2, 3}, classes});
  }

  std::vector<float> put_images(const std::string& name, std::size_t count) {
    const IdxImages made = images(count, 2, 3);
    const std::vector<float> pixels = bytes_to_unit(made.pixels);
    if (name.ends_with(".npy")) {
      write_npy(folder_ / name, pixels, std::vector<std::size_t>{count, 2, 3});
    } else {
      write_idx_images(folder_ / name, made);
    }
    return pixels;
  }

  Outcome reconstruct(const Arguments& more, const std::string& out = "x.npy") const {
    Arguments all = {"--model", "decoder.safetensors", "--out", out, "--device", "cpu"};
    all.insert(all.end(), more.begin(), more.end());
    return generate(all);
  }
  std::vector<float> reconstructed(const Arguments& more) const {
    const Outcome run = reconstruct(more);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return read_npy_floats(folder_ / "x.npy").values;
  }
  void expect_error(const Arguments& more, const std::string& text, int exit_code = 1) {
    SCOPED_TRACE(::testing::PrintToString(more));
    const Snapshot before = snapshot(folder_.path());
    expect_refused(reconstruct(more), "generate", exit_code, text);
    EXPECT_TRUE(snapshot(folder_.path()) == before) << "the folder is not as it was";
  }
};

std::vector<float> halved(std::vector<float> pixels, std::size_t count) {
  pixels.resize(count * 6);
  for (float& pixel : pixels) pixel /= 2;
  return pixels;
}

TEST_F(Reconstruct, GivesTheImagesOfAnyFormatAgain) {
  put_models(0);
  for (const char* name : {"a-idx3-ubyte", "a-idx3-ubyte.gz", "a.npy"}) {
    const std::vector<float> pixels = put_images(name, 130);
    const auto all = reconstructed({"--reconstruct", name});
    EXPECT_TRUE(near(all, halved(pixels, 100), 0, 1e-6)) << name;
    EXPECT_TRUE(
        near(reconstructed({"--reconstruct", name, "--n", "130"}), halved(pixels, 130), 0, 1e-6));
    EXPECT_TRUE(
        near(reconstructed({"--reconstruct", name, "--n", "2"}), halved(pixels, 2), 0, 1e-6));
  }
  const auto few = put_images("few-idx3-ubyte", 4);
  EXPECT_TRUE(near(reconstructed({"--reconstruct", "few-idx3-ubyte"}), halved(few, 4), 0, 1e-6));
}

TEST_F(Reconstruct, WritesWhatTheNameSays) {
  put_models(0);
  const std::vector<float> pixels = put_images("a-idx3-ubyte", 12);
  const Outcome run = reconstruct({"--reconstruct", "a-idx3-ubyte"}, "x-idx3-ubyte.gz");
  EXPECT_EQ(run.out, "Wrote 12 images of 3x2 to x-idx3-ubyte.gz\n") << run.err;
  const IdxImages made = read_idx_images(folder_ / "x-idx3-ubyte.gz");
  EXPECT_EQ(made.count, 12u);
  EXPECT_EQ(made.pixels, unit_to_bytes(halved(pixels, 12)));

  // Ten originals, their reconstructions, the other two and theirs: cells of 5x4 with the border.
  ASSERT_EQ(reconstruct({"--reconstruct", "a-idx3-ubyte"}, "x.png").exit_code, 0);
  const GreyImage picture = read_png(folder_ / "x.png");
  EXPECT_EQ(picture.width, 10u * 5 + 2);
  EXPECT_EQ(picture.height, 4u * 4 + 2);
  const auto cell = [&](std::size_t row, std::size_t column) {
    Bytes bytes;
    for (std::size_t y = 0; y < 2; ++y) {
      for (std::size_t x = 0; x < 3; ++x) {
        bytes.push_back(picture.pixels[(2 + row * 4 + y) * picture.width + 2 + column * 5 + x]);
      }
    }
    return bytes;
  };
  const Bytes originals = images(12, 2, 3).pixels;
  for (std::size_t i = 0; i < 12; ++i) {
    const auto from = [&](const Bytes& bytes) {
      const auto start = bytes.begin() + static_cast<std::ptrdiff_t>(i * 6);
      return Bytes(start, start + 6);
    };
    EXPECT_EQ(cell(i / 10 * 2, i % 10), from(originals)) << i;
    EXPECT_EQ(cell(i / 10 * 2 + 1, i % 10), from(made.pixels)) << i;
  }
  EXPECT_EQ(cell(2, 2), Bytes(6, 64));
  EXPECT_EQ(cell(3, 9), Bytes(6, 64));
}

TEST_F(Reconstruct, AConditionalModelByTheLabelsOfAFile) {
  put_models(2);
  std::vector<float> expected = halved(put_images("a-idx3-ubyte", 5), 5);
  write_idx_labels(folder_ / "l-idx1-ubyte", Bytes{0, 1, 1, 0, 1});
  for (const std::size_t image : {1u, 2u, 4u}) {
    for (std::size_t j = 0; j < 6; ++j) expected[image * 6 + j] += 0.5f;
  }
  const Arguments arguments = {"--reconstruct", "a-idx3-ubyte", "--labels", "l-idx1-ubyte"};
  EXPECT_TRUE(near(reconstructed(arguments), expected, 0, 1e-6));
  const auto with = [&](const Arguments& more) {
    Arguments all = arguments;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  expected.resize(3 * 6);
  EXPECT_TRUE(near(reconstructed(with({"--n", "3"})), expected, 0, 1e-6));

  expect_error({"--reconstruct", "a-idx3-ubyte"},
               "decoder.safetensors: is a conditional model: give the images' labels by --labels");
  write_idx_labels(folder_ / "l-idx1-ubyte", Bytes{0, 1, 1, 0});
  expect_error(arguments, "l-idx1-ubyte: has 4 labels, a-idx3-ubyte has 5 images");
  write_idx_labels(folder_ / "l-idx1-ubyte", Bytes{0, 1, 1, 2, 0});
  expect_error(arguments, "l-idx1-ubyte: label 2 of image 3 is not one of the model's 2 classes");
  put_models(0);
  expect_error(arguments, "decoder.safetensors: takes no labels: it is not a conditional model");
}

TEST_F(Reconstruct, TheEncoderIsBesideTheDecoderOrNamed) {
  put_models(0, "vae/");
  const std::vector<float> pixels = put_images("a-idx3-ubyte", 3);
  const Arguments arguments = {"--model", "vae/decoder.safetensors", "--reconstruct",
                               "a-idx3-ubyte"};
  EXPECT_TRUE(near(reconstructed(arguments), halved(pixels, 3), 0, 1e-6));
  std::filesystem::rename(folder_ / "vae/encoder.safetensors", folder_ / "e");
  expect_error(arguments,
               "vae/decoder.safetensors: there is no vae/encoder.safetensors: to reconstruct takes "
               "a VAE and its encoder");
  Arguments named = arguments;
  named.insert(named.end(), {"--encoder", "e"});
  EXPECT_TRUE(near(reconstructed(named), halved(pixels, 3), 0, 1e-6));
}

TEST_F(Reconstruct, NetworksThatAreNoPair) {
  put_models(0);
  put_images("a-idx3-ubyte", 3);
  const auto zero = [](std::int64_t, std::int64_t) { return 0.0f; };
  const auto with_encoder = [&](const std::string& name) {
    return Arguments{"--reconstruct", "a-idx3-ubyte", "--encoder", name};
  };
  put_network("e", 6, 14, zero, {"encoder", {2, 3}});
  expect_error(with_encoder("e"),
               "e: its 14 outputs are not a mean and a variance for each of the 6 latent numbers "
               "of decoder.safetensors");
  put_network("e", 6, 12, zero, {"encoder", {3, 2}});
  expect_error(with_encoder("e"), "e: its images are 2x3, those of decoder.safetensors 3x2");
  put_network("e", 8, 12, zero, {"encoder", {2, 3}, 2});
  expect_error(with_encoder("e"), "e: it has 2 classes, decoder.safetensors has 0");
  put_network("e", 6, 12, zero, {"discriminator", {2, 3}});
  expect_error(with_encoder("e"), "e: its role is 'discriminator', not 'encoder'");
  expect_error({"--model", "encoder.safetensors", "--reconstruct", "a-idx3-ubyte"},
               "encoder.safetensors: its role is 'encoder', not 'generator'");
  put_file(folder_ / "e", std::string_view("no network"));
  expect_error(with_encoder("e"), "e: ");
  // A decoder of pixels that are none.
  put_network("decoder.safetensors", 6, 6, [](std::int64_t, std::int64_t) { return 100.0f; },
              {"generator", {2, 3}});
  expect_error({"--reconstruct", "a-idx3-ubyte"}, "decoder.safetensors: draws a pixel of value ");
}

TEST_F(Reconstruct, ImagesThatDoNotFit) {
  put_models(0);
  put_images("a-idx3-ubyte", 3);
  expect_error({"--reconstruct", "a-idx3-ubyte", "--n", "4"},
               "a-idx3-ubyte: has 3 images, fewer than --n 4");
  expect_error({"--reconstruct", "none"}, "none: cannot open: No such file or directory");
  write_idx_images(folder_ / "a-idx3-ubyte", images(3, 3, 2));
  expect_error({"--reconstruct", "a-idx3-ubyte"},
               "a-idx3-ubyte: its images are 2x3, the model's 3x2");
  put_images("a.npy", 0);
  expect_error({"--reconstruct", "a.npy"}, "a.npy: there are no images in it");
  write_npy(folder_ / "a.npy", std::vector<float>(6, 1.5f), std::vector<std::size_t>{1, 2, 3});
  expect_error({"--reconstruct", "a.npy"}, "a.npy: image 0 has a pixel of value 1.5");
}

TEST_F(Reconstruct, OptionsThatMakeNoSense) {
  put_models(0);
  put_images("a-idx3-ubyte", 3);
  const std::pair<std::string, Arguments> excluded[] = {{"--label", {"1"}},
                                                        {"--interpolate", {"1", "2"}},
                                                        {"--truncation", {"1"}},
                                                        {"--seed", {"1"}}};
  for (const auto& [option, values] : excluded) {
    Arguments all = {"--reconstruct", "a-idx3-ubyte", option};
    all.insert(all.end(), values.begin(), values.end());
    expect_error(all, option, 2);
  }
  expect_error({"--encoder", "encoder.safetensors"}, "--encoder requires --reconstruct", 2);
  expect_error({"--labels", "l"}, "--labels requires --reconstruct", 2);
  expect_error({"--reconstruct", ""}, "--reconstruct: is empty", 2);
}

// What mnist_vae leaves is what it takes.
TEST_F(Reconstruct, OfATrainedConditionalVae) {
  make_data();
  ASSERT_EQ(
      mnist_vae({"--conditional", "--epochs", "1", "--batch", "16", "--out", "out"}).exit_code, 0);
  const Outcome run = generate({"--model", "out/decoder.safetensors", "--reconstruct",
                                "data/t10k-images-idx3-ubyte", "--labels",
                                "data/t10k-labels-idx1-ubyte", "--out", "x.png"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.out, "Wrote 100 images of 8x8 to x.png\n");
  EXPECT_EQ(read_png(folder_ / "x.png").height, 20u * 10 + 2);
}

}  // namespace
}  // namespace kiln::test
