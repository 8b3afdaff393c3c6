// SPDX-License-Identifier: MIT
// Graphs as a whole: what runs, and what is refused before it does.
#include "engine/onnx/network.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/onnx/broadcast.h"
#include "engine/onnx/model_file.h"
#include "tests/support/devices.h"
#include "tests/support/expect_error.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

using onnx::DataType, onnx::Model, onnx::Network;

onnx::ValueInfo float_values(const std::string& name, std::vector<onnx::Dimension> shape) {
  return {name, DataType::float32, std::move(shape)};
}

// y = relu(x w), x (batch,2), w (2,2); tests bend it.
Model small_graph() {
  Model model;
  model.ir_version = 6;
  model.opsets[""] = 13;
  model.graph.inputs = {float_values("x", {{{}, "batch"}, {2, ""}})};
  model.graph.outputs = {float_values("y", {{{}, "batch"}, {2, ""}})};
  model.graph.initializers = {{"w", DataType::float32, {2, 2}, {1, 2, 3, -4}, {}}};
  model.graph.nodes = {{"product", "MatMul", "", {"x", "w"}, {"xw"}, {}},
                       {"", "Relu", "", {"xw"}, {"y"}, {}}};
  return model;
}

void expect_graph_refused(const Model& model, const std::string& why) {
  expect_error([&] { Network(model, "m.onnx", Device::cpu()); }, "m.onnx: " + why);
}

class OnnxNetwork : public PlaceTest {};
KILN_ON_EVERY_FLOAT_PLACE(OnnxNetwork);

TEST_P(OnnxNetwork, RunsAnyBatch) {
  const Network network(small_graph(), "m.onnx", device());
  EXPECT_EQ(network.run(tensor({1, 1, 0, 2}, {2, 2})).to_host<float>(),
            (std::vector<float>{4, 0, 6, 0}));
  EXPECT_EQ(network.run(tensor({1, 0}, {1, 2})).to_host<float>(), (std::vector<float>{1, 2}));
  EXPECT_EQ(network.run(tensor({}, {0, 2})).shape(), (Shape{0, 2}));
}

TEST_P(OnnxNetwork, RunsWhatPytorchExports) {
  std::ifstream file(KILN_GOLDEN_DIR "/pytorch_mlp.json");
  const auto golden = nlohmann::json::parse(file);
  const Network network(KILN_GOLDEN_DIR "/pytorch_mlp.onnx", device());
  EXPECT_EQ(to_string(network.inputs()[0]), "z float (batch,5)");
  const Tensor y = network.run(tensor(golden["x"].get<std::vector<double>>(), {3, 5}));
  EXPECT_TRUE(near(y.to_host<float>(), golden["y"].get<std::vector<float>>(), 0, 1e-6));
}

TEST_P(OnnxNetwork, BroadcastsLikeNumpy) {
  const auto broadcast = [&](const Shape& from, const Shape& to) {
    std::vector<double> values;
    for (std::int64_t i = 0; i < element_count(from); ++i) {
      values.push_back(static_cast<double>(i));
    }
    return onnx::broadcast_to(tensor(values, from), to).to_host<float>();
  };
  EXPECT_EQ(broadcast({2}, {2, 2}), (std::vector<float>{0, 1, 0, 1}));
  EXPECT_EQ(broadcast({2, 1}, {2, 2}), (std::vector<float>{0, 0, 1, 1}));
  EXPECT_EQ(broadcast({2, 1, 2}, {2, 2, 2}), (std::vector<float>{0, 1, 0, 1, 2, 3, 2, 3}));
  EXPECT_EQ(broadcast({1, 2, 1, 1}, {2, 2, 1, 2}), (std::vector<float>{0, 0, 1, 1, 0, 0, 1, 1}));
  EXPECT_EQ(broadcast({1, 1}, {3, 1}), (std::vector<float>{0, 0, 0}));
  EXPECT_EQ(broadcast({2, 1}, {2, 0}), (std::vector<float>{}));
}

TEST_P(OnnxNetwork, MakesOneHotVectorsOfLabels) {
  Model model = small_graph();
  model.graph.inputs = {{"label", DataType::int64, {{{{}, "batch"}}}}};
  model.graph.initializers = {{"classes", DataType::int64, {}, {}, {3}},
                              {"values", DataType::float32, {2}, {0.5f, 2}, {}}};
  model.graph.nodes = {{"hot", "OneHot", "", {"label", "classes", "values"}, {"y"}, {}}};
  const Network network(model, "m.onnx", device());
  const Tensor labels = Tensor::from_host(std::vector<std::int32_t>{2, 0}, {2}, device());
  EXPECT_EQ(network.run(labels).to_host<float>(),
            (std::vector<float>{0.5f, 0.5f, 2, 2, 0.5f, 0.5f}));
}

TEST_P(OnnxNetwork, NamesInputsThatDoNotFit) {
  const Network network(small_graph(), "m.onnx", device());
  expect_error([&] { network.run(onnx::NamedTensors()); },
               "m.onnx: input x float (batch,2) is missing");
  expect_error(
      [&] {
        network.run(tensor({1, 2, 3}, {1, 3}));
      },
      "m.onnx: input 'x' has the shape (1,3), expected x float (batch,2)");
  expect_error([&] { network.run(Tensor::from_host(std::vector<std::int32_t>{1}, {1}, device())); },
               "m.onnx: input 'x' is not a tensor of float32");
  const Tensor x = tensor({1, 2}, {1, 2});
  expect_error([&] { network.run({{"x", x}, {"z", x}}); }, "m.onnx: it has no input 'z'");
}

TEST_P(OnnxNetwork, NamesANodeWhoseShapesDoNotFit) {
  Model model = small_graph();
  model.graph.initializers[0] = {"w", DataType::float32, {3, 1}, {1, 2, 3}, {}};
  const Network network(model, "m.onnx", device());
  expect_error(
      [&] {
        network.run(tensor({1, 2}, {1, 2}));
      },
      "m.onnx: node 'product' (MatMul): [matmul] (1,2) x (3,1): 2 != 3");
}

// A few bytes of a file must not become gigabytes.
TEST(OnnxNetworkSizes, OfValuesAreBounded) {
  const auto expect_too_large = [](const onnx::GraphNode& node, const std::string& shape) {
    Model model = small_graph();
    model.graph.inputs = {float_values("x", {{32768, ""}})};
    model.graph.initializers = {{"column", DataType::float32, {32768, 1}, {}, {}},
                                {"row", DataType::float32, {1, 32768}, {}, {}},
                                {"image", DataType::float32, {1, 1, 1, 1}, {1}, {}}};
    model.graph.initializers[0].floats.resize(32768);
    model.graph.initializers[1].floats.resize(32768);
    model.graph.nodes = {node};
    const Network network(model, "m.onnx", Device::cpu());
    expect_error([&] { network.run(Tensor::zeros({32768}, Device::cpu())); },
                 "m.onnx: node 'n' (" + node.op_type + "): a value of shape " + shape +
                     " would have more than 2^29 elements");
  };
  expect_too_large({"n", "Add", "", {"x", "column"}, {"y"}, {}}, "(32768,32768)");
  expect_too_large({"n", "MatMul", "", {"column", "row"}, {"y"}, {}}, "(1,32768,32768)");
  expect_too_large({"n", "Gemm", "", {"column", "row"}, {"y"}, {}}, "(32768,32768)");
  const std::vector<std::int64_t> pads(4, 30000);
  expect_too_large({"n",
                    "Conv",
                    "",
                    {"image", "image"},
                    {"y"},
                    {{.name = "pads", .type = onnx::AttributeType::integers, .integers = pads}}},
                   "(1,1,60001,60001)");
}

TEST(OnnxNetworkSizes, OfOneNameAreEqual) {
  Model model = small_graph();
  model.graph.inputs.push_back(float_values("x2", {{{}, "batch"}, {2, ""}}));
  model.graph.nodes[1] = {"sum", "Add", "", {"xw", "x2"}, {"y"}, {}};
  const Network network(model, "m.onnx", Device::cpu());
  const Tensor one = Tensor::zeros({1, 2}, Device::cpu()),
               two = Tensor::zeros({2, 2}, Device::cpu());
  expect_error(
      [&] {
        network.run({{"x", two}, {"x2", one}});
      },
      "m.onnx: input 'x2' has the shape (1,2), expected x2 float (batch,2)");
}

TEST(OnnxNetworkRefuses, NodesThatItDoesNotKnow) {
  Model model = small_graph();
  model.graph.nodes[1] = {"act", "Gelu", "", {"xw"}, {"y"}, {}};
  expect_graph_refused(model,
                       "node 'act' (Gelu): the operator is not supported (ONNX's operator set 13); "
                       "docs/onnx.md lists those that are");
  model.graph.nodes[1] = {"", "Relu", "com.acme", {"xw"}, {"y"}, {}};
  expect_graph_refused(model,
                       "the node that makes 'y' (Relu of com.acme): the operator is not supported "
                       "(ONNX's operator set 13); docs/onnx.md lists those that are");
}

TEST(OnnxNetworkRefuses, AttributesThatItDoesNotKnow) {
  Model model = small_graph();
  model.graph.nodes[1].attributes = {{.name = "slope\n", .type = onnx::AttributeType::number}};
  expect_graph_refused(model,
                       "the node that makes 'y' (Relu): attribute 'slope\\x0a' is not supported");
  model.graph.nodes[0].op_type = "Gemm";
  model.graph.nodes[0].attributes = {{.name = "alpha", .type = onnx::AttributeType::integer}};
  expect_graph_refused(model, "node 'product' (Gemm): attribute 'alpha' is of another type");
  const auto with_convolution = [&](const onnx::Attribute& attribute) {
    model.graph.nodes[0] = {"conv", "Conv", "", {"x", "w"}, {"xw"}, {attribute}};
    return model;
  };
  using Type = onnx::AttributeType;
  expect_graph_refused(with_convolution({.name = "group", .type = Type::integer, .integer = 2}),
                       "node 'conv' (Conv): attribute 'group' is 2; only 1 is supported");
  expect_graph_refused(
      with_convolution({.name = "pads", .type = Type::integers, .integers = {0, 0, 1, 1}}),
      "node 'conv' (Conv): attribute 'pads' (0,0,1,1) is not one number 4 times");
}

TEST(OnnxNetworkRefuses, GraphsWithLooseEndsOrCycles) {
  Model model = small_graph();
  std::swap(model.graph.nodes[0], model.graph.nodes[1]);
  expect_graph_refused(model,
                       "the node that makes 'y' (Relu) takes 'xw', which nothing before it makes");
  model = small_graph();
  model.graph.nodes[0].inputs[0] = "y";
  expect_graph_refused(model, "node 'product' (MatMul) takes 'y', which nothing before it makes");
  model = small_graph();
  model.graph.nodes[1].outputs[0] = "xw";
  expect_graph_refused(model, "value 'xw' is made twice");
  model = small_graph();
  model.graph.outputs[0].name = "nothing";
  expect_graph_refused(model, "output 'nothing' is made by no node");
  model.graph.outputs.clear();
  expect_graph_refused(model, "it has no outputs");
}

TEST(OnnxNetworkRefuses, WrongCountsAndTypes) {
  Model model = small_graph();
  model.graph.nodes[0].inputs = {"x"};
  expect_graph_refused(model, "node 'product' (MatMul): has 1 inputs, not 2");
  model.graph.nodes[0].inputs = {"x", ""};
  expect_graph_refused(model, "node 'product' (MatMul): input 2 is left out");
  model = small_graph();
  model.graph.nodes[1].outputs = {"y", "mask"};
  expect_graph_refused(model, "the node that makes 'y' (Relu): has 2 outputs, not 1");
  model = small_graph();
  model.graph.inputs[0].type = static_cast<DataType>(10);
  expect_graph_refused(model, "input 'x' has the type float16, which is not float, int32 or int64");
  model = small_graph();
  model.graph.initializers.push_back({"big", DataType::int64, {1}, {}, {1LL << 40}});
  expect_graph_refused(model, "initializer 'big': whole number 1099511627776 does not fit 32 bits");
}

TEST(OnnxNetworkRefuses, OperatorSetsThatItDoesNotKnow) {
  Model model = small_graph();
  model.opsets[""] = 99;
  expect_graph_refused(model, "ONNX's operator set 99 is not supported: 1 to 28 are");
  model.opsets.clear();
  expect_graph_refused(model, "it names no version of ONNX's operator set");
}

}  // namespace
}  // namespace kiln::test
