// SPDX-License-Identifier: MIT
// The operators against ONNX's own tests, which Debian's libonnx-testdata brings: for each a model
// of one node, its inputs and its outputs. Listed are all of version 1.12 that use the operators of
// engine/onnx/operators.h as far as these go: on float32, on images, without groups or dilation.
#include <gtest/gtest.h>

#include <filesystem>

#include "engine/onnx/model_file.h"
#include "engine/onnx/network.h"
#include "tests/support/devices.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

namespace fs = std::filesystem;

const fs::path kData = "/usr/lib/python3/dist-packages/onnx/backend/test/data";

const char* const kNodeTests[] = {"abs",
                                  "add",
                                  "add_bcast",
                                  "argmax_default_axis_example",
                                  "argmax_default_axis_example_select_last_index",
                                  "argmax_default_axis_random",
                                  "argmax_default_axis_random_select_last_index",
                                  "argmax_keepdims_example",
                                  "argmax_keepdims_example_select_last_index",
                                  "argmax_keepdims_random",
                                  "argmax_keepdims_random_select_last_index",
                                  "argmax_negative_axis_keepdims_example",
                                  "argmax_negative_axis_keepdims_example_select_last_index",
                                  "argmax_negative_axis_keepdims_random",
                                  "argmax_negative_axis_keepdims_random_select_last_index",
                                  "argmax_no_keepdims_example",
                                  "argmax_no_keepdims_example_select_last_index",
                                  "argmax_no_keepdims_random",
                                  "argmax_no_keepdims_random_select_last_index",
                                  "batchnorm_epsilon",
                                  "batchnorm_example",
                                  "clip",
                                  "clip_default_inbounds",
                                  "clip_default_max",
                                  "clip_default_min",
                                  "clip_example",
                                  "clip_inbounds",
                                  "clip_outbounds",
                                  "clip_splitbounds",
                                  "concat_1d_axis_0",
                                  "concat_1d_axis_negative_1",
                                  "concat_2d_axis_0",
                                  "concat_2d_axis_1",
                                  "concat_2d_axis_negative_1",
                                  "concat_2d_axis_negative_2",
                                  "concat_3d_axis_0",
                                  "concat_3d_axis_1",
                                  "concat_3d_axis_2",
                                  "concat_3d_axis_negative_1",
                                  "concat_3d_axis_negative_2",
                                  "concat_3d_axis_negative_3",
                                  "constant",
                                  "conv_with_strides_no_padding",
                                  "conv_with_strides_padding",
                                  "basic_conv_with_padding",
                                  "basic_conv_without_padding",
                                  "convtranspose",

                                  "div",
                                  "div_bcast",
                                  "div_example",
                                  "dropout_default",
                                  "dropout_default_old",
                                  "dropout_default_ratio",
                                  "dropout_random_old",
                                  "exp",
                                  "exp_example",
                                  "flatten_axis0",
                                  "flatten_axis1",
                                  "flatten_axis2",
                                  "flatten_axis3",
                                  "flatten_default_axis",
                                  "flatten_negative_axis1",
                                  "flatten_negative_axis2",
                                  "flatten_negative_axis3",
                                  "flatten_negative_axis4",
                                  "gemm_all_attributes",
                                  "gemm_alpha",
                                  "gemm_beta",
                                  "gemm_default_matrix_bias",
                                  "gemm_default_no_bias",
                                  "gemm_default_scalar_bias",
                                  "gemm_default_single_elem_vector_bias",
                                  "gemm_default_vector_bias",
                                  "gemm_default_zero_bias",
                                  "gemm_transposeA",
                                  "gemm_transposeB",
                                  "identity",
                                  "leakyrelu",
                                  "leakyrelu_default",
                                  "leakyrelu_example",
                                  "log",
                                  "log_example",
                                  "matmul_2d",
                                  "matmul_3d",
                                  "matmul_4d",
                                  "mul",
                                  "mul_bcast",
                                  "mul_example",
                                  "neg",
                                  "neg_example",
                                  "relu",
                                  "reshape_allowzero_reordered",
                                  "reshape_extended_dims",
                                  "reshape_negative_dim",
                                  "reshape_negative_extended_dims",
                                  "reshape_one_dim",
                                  "reshape_reduced_dims",
                                  "reshape_reordered_all_dims",
                                  "reshape_reordered_last_dims",
                                  "reshape_zero_and_negative_dim",
                                  "reshape_zero_dim",
                                  "sigmoid",
                                  "sigmoid_example",
                                  "softmax_axis_0",
                                  "softmax_axis_1",
                                  "softmax_axis_2",
                                  "softmax_default_axis",
                                  "softmax_example",
                                  "softmax_large_number",
                                  "softmax_negative_axis",
                                  "softplus",
                                  "softplus_example",
                                  "split_equal_parts_1d",
                                  "split_equal_parts_2d",
                                  "split_equal_parts_default_axis",
                                  "split_variable_parts_1d",
                                  "split_variable_parts_2d",
                                  "split_variable_parts_default_axis",
                                  "split_zero_size_splits",
                                  "sqrt",
                                  "sqrt_example",
                                  "squeeze",
                                  "squeeze_negative_axes",
                                  "sub",
                                  "sub_bcast",
                                  "sub_example",
                                  "tanh",
                                  "tanh_example",
                                  "transpose_all_permutations_0",
                                  "transpose_all_permutations_1",
                                  "transpose_all_permutations_2",
                                  "transpose_all_permutations_3",
                                  "transpose_all_permutations_4",
                                  "transpose_all_permutations_5",
                                  "transpose_default",
                                  "unsqueeze_axis_0",
                                  "unsqueeze_axis_1",
                                  "unsqueeze_axis_2",
                                  "unsqueeze_axis_3",
                                  "unsqueeze_negative_axes",
                                  "unsqueeze_three_axes",
                                  "unsqueeze_two_axes",
                                  "unsqueeze_unsorted_axes"};

// What PyTorch's exporter made of its modules.
const char* const kPytorchTests[] = {"BatchNorm2d_eval",
                                     "BatchNorm2d_momentum_eval",
                                     "Conv2d",
                                     "Conv2d_no_bias",
                                     "Conv2d_padding",
                                     "Conv2d_strided",

                                     "LeakyReLU",
                                     "LeakyReLU_with_negval",
                                     "Linear",
                                     "Linear_no_bias",
                                     "ReLU",
                                     "Sigmoid",
                                     "Softplus",
                                     "Tanh"};

class OnnxNode : public PlaceTest {
 protected:
  // ONNX's own tests allow 1e-3 and 1e-7 (onnx/backend/test/runner).
  void expect_passes(const fs::path& test) {
    SCOPED_TRACE(test.string());
    try {
      const onnx::Network network(test / "model.onnx", device());
      onnx::NamedTensors inputs;
      for (std::size_t i = 0; i < network.inputs().size(); ++i) {
        const onnx::Constant input = onnx::read_tensor(file(test, "input", i));
        inputs[network.inputs()[i].name] = onnx::tensor_of(input, device());
      }
      const onnx::NamedTensors outputs = network.run(inputs);
      for (std::size_t i = 0; i < network.outputs().size(); ++i) {
        const onnx::Constant expected = onnx::read_tensor(file(test, "output", i));
        const Tensor& output = outputs.at(network.outputs()[i].name);
        EXPECT_EQ(output.shape(), expected.shape);
        if (output.dtype() == DType::int32) {
          const std::vector<std::int32_t> whole = output.to_host<std::int32_t>();
          EXPECT_EQ(std::vector<std::int64_t>(whole.begin(), whole.end()), expected.ints);
          continue;
        }
        EXPECT_TRUE(near(output.to_host<float>(), expected.floats, 1e-4, 1e-5));
      }
    } catch (const Error& error) {
      ADD_FAILURE() << error.what();
    }
  }

  static fs::path file(const fs::path& test, const std::string& kind, std::size_t i) {
    return test / "test_data_set_0" / (kind + "_" + std::to_string(i) + ".pb");
  }

  static bool has_data() { return fs::exists(kData / "node"); }
};
KILN_ON_EVERY_FLOAT_PLACE(OnnxNode);

TEST_P(OnnxNode, PassesOnnxsOwnTests) {
  if (!has_data()) GTEST_SKIP() << "there is no " << kData << ": install libonnx-testdata";
  for (const char* name : kNodeTests) {
    expect_passes(kData / "node" / (std::string("test_") + name));
  }
}

TEST_P(OnnxNode, PassesTheTestsThatPytorchMade) {
  if (!has_data()) GTEST_SKIP() << "there is no " << kData << ": install libonnx-testdata";
  for (const char* name : kPytorchTests) {
    expect_passes(kData / "pytorch-converted" / (std::string("test_") + name));
  }
}

}  // namespace
}  // namespace kiln::test
