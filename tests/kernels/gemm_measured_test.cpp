// SPDX-License-Identifier: MIT
#ifdef KILN_HAS_CUDA
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "kernels/cuda_error.h"
#include "kernels/cuda_graph.h"
#include "kernels/gemm_choice_file.h"
#include "kernels/gemm_measured_cuda.h"
#include "kernels/linear_backward.h"
#include "tests/kernels/gemm_problem.h"
#include "tests/support/near.h"
#include "tests/support/temporary_directory.h"

namespace kiln::test {
namespace {

using kernels::GemmBackend;
using kernels::Precision;
using Measured = CudaGemm<GemmBackend::measured>;

int launches = 0;

// Launches of launch(), which cuBLASLt's own are not, that `work` makes.
int launches_of(const std::function<void()>& work) {
  launches = 0;
  kernels::observe_launches([](const kernels::LaunchInfo&) { ++launches; });
  work();
  kernels::observe_launches(nullptr);
  return launches;
}

class CudaGemmMeasured : public BackendTest<CudaFloat> {
 protected:
  void SetUp() override {
    BackendTest::SetUp();
    use_folder(folder_.path());
    kernels::set_cuda_gemm_backend(GemmBackend::measured);
  }
  void TearDown() override {
    kernels::set_cuda_gemm_backend(GemmBackend::kiln);
    unsetenv("KILN_CACHE_DIR");
  }

  static void use_folder(const std::filesystem::path& folder) {
    setenv("KILN_CACHE_DIR", folder.c_str(), 1);
  }

  // A thread looks for its devices' files once, so a new one stands for a new process in a folder
  // that no test used before.
  static void in_new_process(const std::function<void()>& work) {
    std::exception_ptr fault;
    std::thread([&] {
      try {
        work();
      } catch (...) {
        fault = std::current_exception();
      }
    }).join();
    if (fault != nullptr) std::rethrow_exception(fault);
  }

  static void expect_exact(const GemmCase& shape) {
    const auto in = GemmInputs<float>::integers(shape);
    EXPECT_TRUE(near(run_gemm<Measured>(shape, in), GemmReference(shape, in).c, 0, 0)) << shape;
  }

  // The dW and db of 6 rows of ones.
  static void expect_exact_linear_backward() {
    const Buffer<CudaFloat> dz(std::vector<float>(6 * 5, 1)), x(std::vector<float>(6 * 7, 2)),
        dweight(std::vector<float>(5 * 7, 100)), dbias(5);
    kernels::LinearBackwardArgs<float> args;
    args.batch = 6;
    args.in = 7;
    args.out = 5;
    args.dz = dz.data();
    args.x = x.data();
    args.dweight = dweight.data();
    args.dbias = dbias.data();
    args.accumulate_dweight = true;
    kernels::linear_backward(CudaFloat::stream(), args);
    EXPECT_TRUE(near(dweight.values(), std::vector<double>(5 * 7, 112), 0, 0));
    EXPECT_TRUE(near(dbias.values(), std::vector<double>(5, 6), 0, 0));
  }

  kernels::GemmChoiceFile file() const {
    const auto names = folder_.names();
    if (names.size() != 1) return {};
    return kernels::read_gemm_choices(folder_ / names[0]);
  }

  // The file's name for this GPU, which `folder_` need not hold.
  static std::string file_name() {
    const TemporaryDirectory other;
    use_folder(other.path());
    in_new_process([] { expect_exact({1, 1, 1}); });
    const auto names = other.names();
    return names.size() == 1 ? names[0] : "none";
  }

  // What a later process in a new folder does whose file holds this line.
  static void with_file(const std::string& line, const std::function<void()>& work) {
    const std::string name = file_name();
    const TemporaryDirectory other;
    put_file(other / name, line + "\n");
    use_folder(other.path());
    in_new_process(work);
    EXPECT_EQ(get_file(other / name), line + "\n") << "nothing was to be measured";
  }

  TemporaryDirectory folder_;
};

TEST_F(CudaGemmMeasured, AProductIsMeasuredOnceAndRemembered) {
  in_new_process([&] {
    GemmCase shape = {5, 6, 7, false, true};
    shape.bias = true;
    shape.activation = {kernels::ActivationKind::leaky_relu, 0.25f};
    EXPECT_GT(launches_of([&] { expect_exact(shape); }), 1);
    const auto first = file();
    ASSERT_EQ(first.choices.size(), 1u);
    EXPECT_EQ(first.ignored_lines, 0u);
    kernels::GemmKey key = {kernels::GemmOp::gemm, 5, 6, 7, kernels::kTransposeB | kernels::kBias};
    key.activation = kernels::ActivationKind::leaky_relu;
    ASSERT_EQ(first.choices.count(key), 1u);
    const kernels::GemmChoice choice = first.choices.at(key);
    EXPECT_GT(choice.kiln_us, 0);
    EXPECT_GT(choice.cublas_us, 0);
    EXPECT_EQ(choice.winner == GemmBackend::cublas, choice.cublas_us < choice.kiln_us);
    EXPECT_LE(launches_of([&] { expect_exact(shape); }), 1);
    EXPECT_GT(launches_of([&] { expect_exact({5, 6, 8}); }), 1) << "another shape";
    EXPECT_EQ(file().choices.size(), 2u);
  });
}

TEST_F(CudaGemmMeasured, MeasuringDisturbsNoOutput) {
  in_new_process([&] {
    GemmCase shape = {9, 33, 17, true, false};
    shape.accumulate = true;
    for (const Precision precision :
         {Precision::fp32, Precision::tf32x3, Precision::tf32, Precision::bf16}) {
      shape.precision = precision;
      expect_exact(shape);
      expect_exact(shape);
    }
    expect_exact_linear_backward();
    for (const auto& [key, choice] : file().choices) {
      EXPECT_NE(key.precision, Precision::tf32x3) << "cuBLASLt does not have it";
    }
    EXPECT_GE(file().choices.size(), 2u);
  });
}

TEST_F(CudaGemmMeasured, EmptyProductsAreNotMeasured) {
  in_new_process([&] {
    for (const GemmCase& shape : {GemmCase{3, 4, 0}, GemmCase{0, 4, 5}, GemmCase{3, 0, 5}}) {
      expect_exact(shape);
    }
    kernels::linear_backward(CudaFloat::stream(), kernels::LinearBackwardArgs<float>{});
  });
  EXPECT_EQ(folder_.names().size(), 0u);
}

TEST_F(CudaGemmMeasured, AFileDecidesWithoutMeasuring) {
  with_file("gemm 5 6 7 plain identity fp32 kiln 2 1", [] {
    EXPECT_EQ(launches_of([] { expect_exact({5, 6, 7}); }), 1);
  });
  with_file("gemm 5 6 7 plain identity fp32 cublas 1 2", [] {
    EXPECT_EQ(launches_of([] { expect_exact({5, 6, 7}); }), 0);
  });
}

TEST_F(CudaGemmMeasured, AFileDecidesForLinearBackward) {
  const std::string product = "linear_backward 6 7 5 add_dweight+dbias identity fp32 ";
  std::string last;
  const auto run = [&] {
    static std::string ops;
    ops.clear();
    kernels::observe_launches([](const kernels::LaunchInfo& info) { ops += info.op; });
    expect_exact_linear_backward();
    kernels::observe_launches(nullptr);
    last = ops;
  };
  with_file(product + "kiln 2 1", run);
  EXPECT_EQ(last, "linear_backward");
  with_file(product + "cublas 1 2", run);
  EXPECT_EQ(last.find("linear_backward"), std::string::npos) << last;
}

TEST_F(CudaGemmMeasured, LinesThatAreNotChoicesAreOneWarning) {
  const std::string name = file_name();
  const TemporaryDirectory other;
  put_file(other / name, std::string_view("rubbish\nmore\n"));
  use_folder(other.path());
  ::testing::internal::CaptureStderr();
  in_new_process([] { expect_exact({5, 6, 7}); });
  in_new_process([] { expect_exact({5, 6, 7}); });
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(text, "kiln: warning: " + (other / name).string() +
                      ": 2 lines are not choices of a matrix product and are ignored\n");
  EXPECT_EQ(kernels::read_gemm_choices(other / name).choices.size(), 1u);
}

TEST_F(CudaGemmMeasured, AFolderThatCannotBeWrittenIsOneWarning) {
  put_file(folder_ / "file", std::string_view("x"));
  use_folder(folder_ / "file");
  ::testing::internal::CaptureStderr();
  in_new_process([] {
    expect_exact({5, 6, 7});
    expect_exact({5, 6, 8});
    EXPECT_LE(launches_of([&] { expect_exact({5, 6, 7}); }), 1);
  });
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
  EXPECT_NE(text.find("cannot be kept"), std::string::npos) << text;
}

TEST_F(CudaGemmMeasured, WithoutMemoryItIsKiln) {
  in_new_process([&] {
    const kernels::GemmKey key = {kernels::GemmOp::gemm, 5, 6, 7};
    const auto choose = [&] {
      return kernels::measured_gemm_backend(CudaFloat::stream(), key, std::int64_t{1} << 48,
                                            [](GemmBackend, float*) { FAIL(); });
    };
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(choose(), GemmBackend::kiln);
    EXPECT_EQ(choose(), GemmBackend::kiln);
    const std::string text = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
    EXPECT_NE(text.find("out of GPU memory"), std::string::npos) << text;
  });
  EXPECT_EQ(folder_.names().size(), 0u) << "another process may have the memory";
}

TEST_F(CudaGemmMeasured, NanStaysInItsRow) {
  in_new_process([&] {
    const GemmCase shape = {8, 5, 9};
    auto in = GemmInputs<float>::reals(shape);
    in.a[3 * 9 + 4] = NAN;
    for (int i = 0; i < 2; ++i) {
      const auto out = run_gemm<Measured>(shape, in);
      for (std::size_t j = 0; j < out.size(); ++j) EXPECT_EQ(std::isnan(out[j]), j / 5 == 3);
    }
    EXPECT_EQ(file().choices.size(), 1u);
  });
}

// Records 2 x 2 ones times ones and replays it.
void expect_exact_in_a_graph(std::size_t num_nodes) {
  const Buffer<CudaFloat> a(std::vector<float>(4, 1)), b(std::vector<float>(4, 1)), c(4);
  kernels::GemmArgs<float> args;
  args.m = args.n = args.k = 2;
  args.a = a.data();
  args.b = b.data();
  args.c = c.data();
  const kernels::CudaGraph graph(CudaFloat::stream(),
                                 [&] { kernels::gemm(CudaFloat::stream(), args); });
  EXPECT_EQ(graph.num_nodes(), num_nodes);
  graph.launch();
  EXPECT_TRUE(near(c.values(), std::vector<double>(4, 2), 0, 0));
}

TEST_F(CudaGemmMeasured, ACaptureTakesKilnForWhatIsNotKnown) {
  in_new_process([&] {
    EXPECT_EQ(launches_of([] { expect_exact_in_a_graph(1); }), 2) << "the product and its graph";
    EXPECT_EQ(folder_.names().size(), 0u);
    expect_exact({2, 2, 2});
    EXPECT_EQ(file().choices.size(), 1u) << "it was not remembered";
  });
}

// The thread has not used cuBLASLt before: its handle and workspace are made during the capture.
TEST_F(CudaGemmMeasured, ACaptureTakesWhatTheFileSays) {
  with_file("gemm 2 2 2 plain identity fp32 cublas 1 2",
            [] { EXPECT_EQ(launches_of([] { expect_exact_in_a_graph(1); }), 1) << "the graph"; });
}

TEST(GemmPrecision, CublasFollowsThePrecision) {
  using Cublas = CudaGemm<GemmBackend::cublas>;
  if (!Cublas::unusable().empty()) GTEST_SKIP() << "Cuda: " << Cublas::unusable();
  if (kernels::cuda_device_info(0).major < 8) GTEST_SKIP() << "CUDA device has fp32 alone";
  Cublas::select();
  GemmCase shape = {32, 32, 128};
  const auto in = GemmInputs<float>::reals(shape);
  const GemmReference expected(shape, in);
  const auto fp32 = run_gemm<Cublas>(shape, in);
  shape.precision = Precision::tf32x3;
  EXPECT_TRUE(same_bits(run_gemm<Cublas>(shape, in), fp32)) << "cuBLASLt does not have it";
  for (const Precision precision : {Precision::tf32, Precision::bf16}) {
    SCOPED_TRACE(name_of(precision));
    shape.precision = precision;
    const auto out = run_gemm<Cublas>(shape, in);
    EXPECT_FALSE(same_bits(out, fp32));
    EXPECT_TRUE(near_each(out, expected.c, [&](std::size_t i) {
      return product_tolerance<CudaKilnGemm>(shape.k, expected.magnitude[i], precision);
    }));
  }
  CudaKilnGemm::select();
}

class CudaGemmEnvironmentDeathTest : public BackendTest<CudaFloat> {
 protected:
  void SetUp() override {
    GTEST_FLAG_SET(death_test_style, "threadsafe");  // a process that has not read the environment
    BackendTest::SetUp();
  }

  [[noreturn]] static void run(const char* backend, const char* log) {
    const TemporaryDirectory folder;
    setenv("KILN_CACHE_DIR", folder.path().c_str(), 1);
    setenv("KILN_GEMM", backend, 1);
    setenv("KILN_GEMM_LOG", log, 1);
    try {
      const GemmCase shape = {5, 6, 7};
      run_gemm<CudaFloat>(shape, GemmInputs<float>::integers(shape));
    } catch (const Error& error) {
      fprintf(stderr, "message: %s\n", error.what());
      std::_Exit(1);
    }
    fprintf(stderr, "backend %d", static_cast<int>(kernels::cuda_gemm_backend()));
    std::filesystem::remove_all(folder.path());
    std::_Exit(0);
  }
};

TEST_F(CudaGemmEnvironmentDeathTest, NamesTheBackend) {
  EXPECT_EXIT(run("", ""), ::testing::ExitedWithCode(0), "^backend 0$");
  EXPECT_EXIT(run("cublas", "1"), ::testing::ExitedWithCode(0), "^backend 1$");
  EXPECT_EXIT(run("measured", "0"), ::testing::ExitedWithCode(0), "^backend 2$");
  EXPECT_EXIT(run("fast", ""), ::testing::ExitedWithCode(1),
              "^message: \\[gemm\\] KILN_GEMM is 'fast'; it may be kiln, cublas or measured\n$");
}

TEST_F(CudaGemmEnvironmentDeathTest, LogsEveryChoice) {
  EXPECT_EXIT(run("measured", "1"), ::testing::ExitedWithCode(0),
              "^kiln: gemm: measured gemm 5 6 7 plain identity fp32 [a-z]+ [0-9.e-]+ [0-9.e-]+\n"
              "backend 2$");
}

}  // namespace
}  // namespace kiln::test

#endif
