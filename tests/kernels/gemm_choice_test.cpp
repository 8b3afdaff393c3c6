// SPDX-License-Identifier: MIT
#include "kernels/gemm_choice.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "kernels/error.h"
#include "kernels/gemm_choice_file.h"
#include "tests/support/temporary_directory.h"

namespace kiln::kernels {

bool operator==(const GemmChoice& x, const GemmChoice& y) {
  return x.winner == y.winner && x.kiln_us == y.kiln_us && x.cublas_us == y.cublas_us;
}

}  // namespace kiln::kernels

namespace kiln::test {
namespace {

using kernels::ActivationKind;
using kernels::GemmBackend;
using kernels::GemmChoice;
using kernels::GemmChoices;
using kernels::GemmKey;
using kernels::GemmOp;
using kernels::Precision;

GemmKey key_of(std::int64_t m) { return {GemmOp::gemm, m, 784, 512}; }

// One of every word.
GemmChoices some_choices() {
  GemmChoices choices;
  for (unsigned bit = 0; bit < 10; ++bit) {
    const auto activation = static_cast<ActivationKind>(bit % 5);
    const auto precision = static_cast<Precision>(bit % 4);
    const GemmKey key = {bit < 4 ? GemmOp::gemm : GemmOp::linear_backward,
                         1 + bit,
                         7,
                         1LL << 40,
                         1u << bit | 1u << (bit * 3 % 10),
                         activation,
                         precision};
    choices[key] = {bit % 2 == 0 ? GemmBackend::kiln : GemmBackend::cublas, 0.1 * bit, 1e-7};
  }
  choices[key_of(64)] = {GemmBackend::cublas, 12.5, 10.25};
  return choices;
}

TEST(GemmChoice, LinesAreReadBackAsTheyWere) {
  for (const auto& [key, choice] : some_choices()) {
    const std::string line = kernels::gemm_choice_line(key, choice);
    const auto read = kernels::parse_gemm_choice_line(line);
    ASSERT_TRUE(read.has_value()) << line;
    EXPECT_TRUE(read->first == key && read->second == choice) << line;
  }
}

TEST(GemmChoice, ALineReadsLikeThis) {
  GemmKey key = {GemmOp::gemm, 64, 784, 512, kernels::kTransposeB | kernels::kBias};
  key.activation = ActivationKind::tanh;
  EXPECT_EQ(kernels::gemm_choice_line(key, {GemmBackend::cublas, 12.5, 10.25}),
            "gemm 64 784 512 transpose_b+bias tanh fp32 cublas 12.5 10.25");
}

TEST(GemmChoice, WhatIsNotALineIsNotRead) {
  const std::string good = "gemm 64 784 512 plain tanh fp32 cublas 12.5 10.25";
  ASSERT_TRUE(kernels::parse_gemm_choice_line(good));
  for (const char* line : {"", "gemm", "gemm 64 784 512 plain tanh fp32 cublas 12.5",
                           "gemm 64 784 512 plain tanh fp32 cublas 12.5 10.25 1",
                           "gemm 0 784 512 plain tanh fp32 cublas 12.5 10.25",
                           "gemm 64 -784 512 plain tanh fp32 cublas 12.5 10.25",
                           "gemm 64 784 99999999999999999999 plain tanh fp32 cublas 12.5 10.25",
                           "gemm 64x 784 512 plain tanh fp32 cublas 12.5 10.25",
                           "Gemm 64 784 512 plain tanh fp32 cublas 12.5 10.25",
                           "gemm 64 784 512 bias+transpose_b tanh fp32 cublas 12.5 10.25",
                           "gemm 64 784 512 plain+bias tanh fp32 cublas 12.5 10.25",
                           "gemm 64 784 512 bias+ tanh fp32 cublas 12.5 10.25",
                           "gemm 64 784 512 plain gelu fp32 cublas 12.5 10.25",
                           "gemm 64 784 512 plain tanh fp64 cublas 12.5 10.25",
                           "gemm 64 784 512 plain tanh fp32 measured 12.5 10.25",
                           "gemm 64 784 512 plain tanh fp32 cublas nan 10.25",
                           "gemm 64 784 512 plain tanh fp32 cublas 12.5 inf",
                           "gemm 64 784 512 plain tanh fp32 cublas -1 10.25"}) {
    EXPECT_FALSE(kernels::parse_gemm_choice_line(line)) << line;
  }
}

TEST(GemmChoice, TheEnvironmentNamesABackend) {
  EXPECT_EQ(kernels::gemm_backend_named(nullptr), GemmBackend::kiln);
  EXPECT_EQ(kernels::gemm_backend_named(""), GemmBackend::kiln);
  EXPECT_EQ(kernels::gemm_backend_named("kiln"), GemmBackend::kiln);
  EXPECT_EQ(kernels::gemm_backend_named("cublas"), GemmBackend::cublas);
  EXPECT_EQ(kernels::gemm_backend_named("measured"), GemmBackend::measured);
  try {
    kernels::gemm_backend_named("Kiln");
    FAIL() << "another word is an error";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "[gemm] KILN_GEMM is 'Kiln'; it may be kiln, cublas or measured");
  }
}

// Sets a variable of the environment, or removes it, for its own lifetime.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* const before = std::getenv(name)) before_ = before;
    set(value);
  }
  ~Variable() { set(before_ ? before_->c_str() : nullptr); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void set(const char* value) const {
    if (value == nullptr) {
      unsetenv(name_);
    } else {
      setenv(name_, value, 1);
    }
  }

  const char* name_;
  std::optional<std::string> before_;
};

TEST(GemmChoiceFile, ItsPathNamesTheGpuAndTheDriver) {
  const auto path = [] { return kernels::gemm_choice_path("NVIDIA H100 80GB/PCIe ", 9, 0, 13000); };
  const Variable home("HOME", "/home/me"), xdg("XDG_CACHE_HOME", nullptr);
  const std::string name = "gemm-nvidia-h100-80gb-pcie-sm90-driver13.0-v2.txt";
  {
    const Variable cache("KILN_CACHE_DIR", nullptr);
    EXPECT_EQ(path(), "/home/me/.cache/kiln/" + name);
    const Variable set("XDG_CACHE_HOME", "/x");
    EXPECT_EQ(path(), "/x/kiln/" + name);
    const Variable none("XDG_CACHE_HOME", nullptr), homeless("HOME", nullptr);
    EXPECT_EQ(path(), "");
  }
  const Variable cache("KILN_CACHE_DIR", "/c");
  EXPECT_EQ(path(), "/c/" + name);
  EXPECT_EQ(kernels::gemm_choice_path("../..", 12, 1, 12090),
            "/c/gemm-gpu-sm121-driver12.9-v2.txt");
}

TEST(GemmChoiceFile, IsReadBackAsItWasWritten) {
  const TemporaryDirectory folder;
  const std::string path = folder / "new/folder/choices.txt";
  EXPECT_TRUE(kernels::read_gemm_choices(path).choices.empty());
  EXPECT_EQ(kernels::add_to_gemm_choices(path, some_choices()), "");
  const auto file = kernels::read_gemm_choices(path);
  EXPECT_TRUE(file.choices == some_choices());
  EXPECT_EQ(file.ignored_lines, 0u);
}

TEST(GemmChoiceFile, TheFirstToMeasureDecides) {
  const TemporaryDirectory folder;
  const std::string path = folder / "choices.txt";
  const GemmChoice first = {GemmBackend::cublas, 2, 1}, second = {GemmBackend::kiln, 1, 2};
  EXPECT_EQ(kernels::add_to_gemm_choices(path, {{key_of(1), first}}), "");
  EXPECT_EQ(kernels::add_to_gemm_choices(path, {{key_of(1), second}, {key_of(2), second}}), "");
  const GemmChoices expected = {{key_of(1), first}, {key_of(2), second}};
  EXPECT_TRUE(kernels::read_gemm_choices(path).choices == expected);
}

TEST(GemmChoiceFile, LinesThatAreNotChoicesAreIgnored) {
  const TemporaryDirectory folder;
  const std::string path = folder / "choices.txt";
  put_file(path, std::string("# a comment\n\nrubbish\n\0\xff\n", 24) +
                     "gemm 1 784 512 plain identity fp32 kiln 1 2\n"
                     "gemm 1 784 512 plain identity fp32 cublas 2 1\n"
                     "gemm 2 784 512 plain identity fp32 kil");
  const auto file = kernels::read_gemm_choices(path);
  EXPECT_EQ(file.ignored_lines, 3u);
  ASSERT_EQ(file.choices.size(), 1u);
  EXPECT_EQ(file.choices.at(key_of(1)).winner, GemmBackend::kiln) << "the first one counts";
}

TEST(GemmChoiceFile, AFolderThatCannotBeWrittenIsNamedAndLeftAlone) {
  const TemporaryDirectory folder;
  put_file(folder / "file", std::string_view("x"));
  EXPECT_NE(kernels::add_to_gemm_choices(folder / "file/choices.txt", some_choices()), "");
  std::filesystem::create_directory(folder / "choices.txt");
  EXPECT_NE(kernels::add_to_gemm_choices(folder / "choices.txt", some_choices()), "");
  EXPECT_EQ(folder.names(), (std::vector<std::string>{"choices.txt", "file"}));
}

// A reader always finds a whole file, no choice is lost, and nothing is left beside the file. A
// temporary file that a killed process left behind does no harm.
TEST(GemmChoiceFile, WritersAtOnceLoseNothing) {
  const TemporaryDirectory folder;
  const std::string path = folder / "choices.txt";
  put_file(path + ".1-0.tmp", std::string_view("left over"));
  EXPECT_EQ(kernels::add_to_gemm_choices(path, some_choices()), "");
  std::vector<std::thread> writers;
  for (std::int64_t t = 0; t < 4; ++t) {
    writers.emplace_back([&, t] {
      for (std::int64_t i = 1; i <= 20; ++i) {
        EXPECT_EQ(kernels::add_to_gemm_choices(path, {{key_of(100 * t + i), {}}}), "");
        const auto file = kernels::read_gemm_choices(path);
        EXPECT_EQ(file.ignored_lines, 0u);
        EXPECT_GE(file.choices.size(), some_choices().size());
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(kernels::read_gemm_choices(path).choices.size(), some_choices().size() + 80);
  EXPECT_EQ(folder.names(), (std::vector<std::string>{"choices.txt", "choices.txt.1-0.tmp"}));
}

}  // namespace
}  // namespace kiln::test
