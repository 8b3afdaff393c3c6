// SPDX-License-Identifier: MIT
// `onnx_export` as a stranger uses it.
#include "engine/onnx/model_file.h"
#include "engine/onnx/network.h"
#include "tests/apps/generate_test.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

namespace fs = std::filesystem;

class OnnxExportProgram : public GenerateTest {
 protected:
  Outcome run(const Arguments& arguments, RunOptions options = {}) const {
    options.folder = folder_.path();
    return run_program(KILN_ONNX_EXPORT, arguments, options);
  }

  void expect_error(const Arguments& arguments, const std::string& text, int exit_code = 1,
                    const RunOptions& options = {}) {
    SCOPED_TRACE(::testing::PrintToString(arguments));
    const Snapshot before = snapshot(folder_.path());
    const Outcome outcome = run(arguments, options);
    expect_refused(outcome, "onnx_export", exit_code, text);
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(snapshot(folder_.path()) == before) << "the folder is not as it was";
  }

  const Arguments files_ = {"--model", "generator.safetensors", "--out", "g.onnx"};

  Arguments files_and(const Arguments& more) const {
    Arguments all = files_;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

TEST_F(OnnxExportProgram, WritesAModelAndAnExample) {
  const Outcome outcome = run(files_and({"--example", "example", "--n", "3"}));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "Wrote g.onnx: z float (batch,10) -> image float (batch,1,5,7)\n");
  const onnx::Network network(folder_ / "g.onnx", Device::cpu());
  const onnx::Constant z = onnx::read_tensor(folder_ / "example/input_0.pb");
  const onnx::Constant image = onnx::read_tensor(folder_ / "example/output_0.pb");
  EXPECT_EQ(image.shape, (Shape{3, 1, 5, 7}));
  EXPECT_TRUE(near(network.run(onnx::tensor_of(z, Device::cpu())).to_host<float>(), image.floats,
                   1e-6, 1e-6));
}

TEST_F(OnnxExportProgram, EqualRunsGiveEqualFiles) {
  ASSERT_EQ(run(files_).exit_code, 0);
  const std::string first = get_file(folder_ / "g.onnx");
  ASSERT_EQ(run(files_).exit_code, 0);
  EXPECT_TRUE(get_file(folder_ / "g.onnx") == first);
}

TEST_F(OnnxExportProgram, HelpAndUsage) {
  EXPECT_NE(run({"--help"}).out.find("--example"), std::string::npos);
  EXPECT_TRUE(run({"--version"}).out.starts_with("onnx_export "));
  expect_error({"--out", "g.onnx"}, "--model", 2);
  expect_error(files_and({"--n", "3"}), "--n", 2);
  expect_error(files_and({"--example", "e", "--n", "0"}), "'0' is not a whole number from 1", 2);
}

TEST_F(OnnxExportProgram, LeavesNothingHalfWritten) {
  expect_error({"--model", "none", "--out", "g.onnx"}, "none: cannot open: No such file");
  expect_error({"--model", "generator.safetensors", "--out", "g.pb"},
               "g.pb: the name must end in .onnx");
  expect_error({"--model", "generator.safetensors", "--out", "no/g.onnx", "--example", "e"},
               "no/g.onnx: cannot create: No such file or directory");
  expect_error(files_and({"--example", "."}), ".: cannot create the folder: it is there already");
  RunOptions full;
  full.file_size_limit = 100;
  expect_error(files_and({"--example", "e"}), "cannot write: File too large", 1, full);
  fs::create_directory(folder_ / "folder.onnx");
  expect_error({"--model", "generator.safetensors", "--out", "folder.onnx"},
               "folder.onnx: cannot write: is a folder");
}

}  // namespace
}  // namespace kiln::test
