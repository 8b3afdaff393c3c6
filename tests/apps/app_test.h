// SPDX-License-Identifier: MIT
// What the tests of the programs share: a folder to run them in, a small data set, and checks.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/io/idx.h"
#include "tests/apps/run_program.h"
#include "tests/support/temporary_directory.h"

namespace kiln::test {

using Arguments = std::vector<std::string>;
using Bytes = std::vector<std::uint8_t>;
using Snapshot = std::map<std::string, std::string>;

// Everything under `folder`, by relative path: the bytes of files, "folder" for folders.
inline Snapshot snapshot(const std::filesystem::path& folder) {
  Snapshot result;
  if (!std::filesystem::exists(folder)) return result;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    result[name] = entry.is_directory() ? "folder" : get_file(entry.path());
  }
  return result;
}

inline std::vector<std::string> names(const Snapshot& snapshot) {
  std::vector<std::string> result;
  for (const auto& [name, content] : snapshot) result.push_back(name);
  return result;
}

// One line on standard error, `program: error: ...`, with `text` in it, and this exit code.
inline void expect_refused(const Outcome& outcome, const std::string& program, int exit_code,
                           const std::string& text) {
  EXPECT_EQ(outcome.exit_code, exit_code) << outcome.err;
  EXPECT_TRUE(outcome.err.starts_with(program + ": error: ")) << outcome.err;
  EXPECT_NE(outcome.err.find(text), std::string::npos) << outcome.err << "has no: " << text;
  const bool one_line = !outcome.err.empty() && outcome.err.find('\n') == outcome.err.size() - 1;
  EXPECT_TRUE(one_line) << outcome.err;
  EXPECT_LT(outcome.err.size(), 500u) << outcome.err;
}

class AppTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kImages = 200;

  // Images that differ, with bright and dark pixels; labels 0 to 9 in turn.
  static IdxImages images(std::size_t count, std::size_t height, std::size_t width) {
    IdxImages result{count, height, width, Bytes(count * height * width)};
    for (std::size_t i = 0; i < result.pixels.size(); ++i) {
      result.pixels[i] = static_cast<std::uint8_t>(i * i * 2654435761u >> 13);
    }
    return result;
  }

  static Bytes labels(std::size_t count) {
    Bytes result(count);
    for (std::size_t i = 0; i < count; ++i) result[i] = static_cast<std::uint8_t>(i % 10);
    return result;
  }

  // folder_/data: a data set that the training programs accept.
  void make_data(std::size_t height = 8, std::size_t width = 8) {
    std::filesystem::create_directory(data_);
    for (const std::string split : {"train", "t10k"}) {
      write_idx_images(data_ / (split + "-images-idx3-ubyte"), images(kImages, height, width));
      write_idx_labels(data_ / (split + "-labels-idx1-ubyte"), labels(kImages));
    }
  }

  // A training program in folder_ on that data, one thread, unless the arguments say otherwise.
  Outcome mnist_gan(const Arguments& arguments, const RunOptions& options = {}) const {
    return train(KILN_MNIST_GAN, arguments, options);
  }
  Outcome mnist_vae(const Arguments& arguments, const RunOptions& options = {}) const {
    return train(KILN_MNIST_VAE, arguments, options);
  }

  Outcome train(const char* program, Arguments arguments, RunOptions options) const {
    const auto add_default = [&](const std::string& option, const std::string& value) {
      if (std::find(arguments.begin(), arguments.end(), option) != arguments.end()) return;
      arguments.insert(arguments.end(), {option, value});
    };
    add_default("--data", "data");
    add_default("--threads", "1");
    add_default("--device", "cpu");
    options.folder = folder_.path();
    return run_program(program, arguments, options);
  }

  Outcome generate(Arguments arguments, RunOptions options = {}) const {
    options.folder = folder_.path();
    arguments.insert(arguments.end(), {"--threads", "1"});
    return run_program(KILN_GENERATE, arguments, options);
  }

  TemporaryDirectory folder_;
  std::filesystem::path data_ = folder_ / "data";
  std::filesystem::path out_ = folder_ / "out";
};

}  // namespace kiln::test
