// SPDX-License-Identifier: MIT
#include "models/onnx_export.h"

#include <utility>

#include "engine/autograd/grad_mode.h"
#include "engine/nn/categorical_latents.h"
#include "engine/ops/concat.h"
#include "engine/ops/one_hot.h"
#include "engine/ops/reduce.h"
#include "engine/ops/softmax.h"
#include "engine/rng.h"

namespace kiln::models {
namespace {

using onnx::Attribute, onnx::AttributeType, onnx::DataType;

constexpr std::int64_t kIrVersion = 6;
constexpr std::int64_t kOpset = 11;

Attribute number(const std::string& name, float value) {
  return {.name = name, .type = AttributeType::number, .number = value};
}
Attribute integer(const std::string& name, std::int64_t value) {
  return {.name = name, .type = AttributeType::integer, .integer = value};
}
Attribute integers(const std::string& name, std::vector<std::int64_t> values) {
  return {.name = name, .type = AttributeType::integers, .integers = std::move(values)};
}

onnx::ValueInfo value_info(const std::string& name, DataType type, const Shape& row) {
  std::vector<onnx::Dimension> shape = {{.size = {}, .name = "batch"}};
  for (const std::int64_t size : row) shape.push_back({.size = size, .name = {}});
  return {name, type, shape};
}

bool sees_images(const NetworkInfo& info) { return info.role != "generator"; }

std::int64_t columns_without_label(const Chain& network, const NetworkInfo& info) {
  return network.inputs() - info.classes;
}

// A graph of values, each made by one node or given as a constant or an input.
class GraphWriter {
 public:
  explicit GraphWriter(const NetworkInfo& info) : info_(info) {
    graph_.name = info.role;
    if (info.image_shape.size() != 2) {
      throw Error("[onnx] image shape " + to_string(Shape(info.image_shape)) +
                  " is not (height, width)");
    }
    image_ = {1, info.image_shape[0], info.image_shape[1]};
  }

  // Adds a node that is named like its first output.
  std::string node(const std::string& op_type, const std::vector<std::string>& inputs,
                   std::vector<std::string> outputs, std::vector<Attribute> attributes = {}) {
    std::string name = outputs[0];
    graph_.nodes.push_back({name, op_type, "", inputs, std::move(outputs), std::move(attributes)});
    return name;
  }

  std::string floats(const std::string& name, const Shape& shape, std::vector<float> values) {
    graph_.initializers.push_back({name, DataType::float32, shape, std::move(values), {}});
    return name;
  }
  std::string integers(const std::string& name, const Shape& shape,
                       std::vector<std::int64_t> values) {
    graph_.initializers.push_back({name, DataType::int64, shape, {}, std::move(values)});
    return name;
  }

  void input(const std::string& name, DataType type, const Shape& row) {
    graph_.inputs.push_back(value_info(name, type, row));
  }
  void output(const std::string& name, const Shape& row) {
    graph_.outputs.push_back(value_info(name, DataType::float32, row));
  }

  // Rows of that shape, of any batch.
  std::string reshaped(const std::string& value, const std::string& name, const Shape& row) {
    std::vector<std::int64_t> shape = {0};  // as many as there are
    shape.insert(shape.end(), row.begin(), row.end());
    const auto rank = static_cast<std::int64_t>(shape.size());
    return node("Reshape", {value, integers(name + ".shape", {rank}, shape)}, {name});
  }

  // What the network takes: pixels or latent numbers, with the label's one-hot vector behind them.
  std::string rows(const Chain& network) {
    std::string x = "z";
    if (sees_images(info_)) {
      input("image", DataType::float32, image_);
      x = node("Flatten", {"image"}, {"image.pixels"}, {integer("axis", 1)});
    } else {
      input("z", DataType::float32, {columns_without_label(network, info_)});
    }
    if (info_.classes == 0) return x;
    input("label", DataType::int64, {});
    const std::string label = node("OneHot",
                                   {"label", integers("label.classes", {}, {info_.classes}),
                                    floats("label.values", {2}, {0, 1})},
                                   {"label.one_hot"}, {integer("axis", -1)});
    return node("Concat", {x, label}, {x + ".labelled"}, {integer("axis", 1)});
  }

  // The last layer's values get the name `last`.
  std::string layers(const Chain& network, std::string x, const std::string& last) {
    const std::vector<nn::NamedTensor> parameters = network.named_parameters();
    const ChainConfig& layers = network.layers();
    auto parameter = parameters.begin();
    bool is_image = false;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const LayerConfig& layer = layers[i];
      const bool is_last = i + 1 == layers.size();
      const bool takes_image = layer.is_convolution();
      if (takes_image && (!is_image || layers[i - 1].out != layer.in)) {
        x = reshaped(x, layer.name + ".image", layer.in);
      } else if (!takes_image && is_image) {
        x = node("Flatten", {x}, {layer.name + ".row"}, {integer("axis", 1)});
      }
      is_image = takes_image;
      if (layer.kind == LayerKind::categorical) {
        x = categorical(layer, x);
        continue;
      }
      for (int k = 0; k < 2; ++k, ++parameter) {
        floats(parameter->name, parameter->tensor.shape(), parameter->tensor.to_host<float>());
      }
      Activation activation = layer.activation;
      if (is_last && info_.pixel_activation.kind != ActivationKind::identity) {
        activation = info_.pixel_activation;
      }
      const std::string out = is_last ? last : layer.name + ".output";
      const bool is_plain = activation.kind == ActivationKind::identity;
      x = product(layer, x, is_plain ? out : layer.name + ".sum");
      if (!is_plain) x = activated(activation, x, out);
    }
    return x;
  }

  onnx::Graph take() { return std::move(graph_); }
  const Shape& image() const { return image_; }

 private:
  // engine/nn/categorical_latents.h: the first of equals in both.
  std::string categorical(const LayerConfig& layer, const std::string& x) {
    const nn::CategoricalLatents latents(layer.categories);
    const std::string& name = layer.name;
    const std::string chosen_by =
        node("Split", {x}, {name + ".chosen_by", name + ".others"},
             {integer("axis", 1),
              models::integers("split", {layer.categories, layer.in[0] - layer.categories})});
    const std::string category = node("ArgMax", {chosen_by}, {name + ".category"},
                                      {integer("axis", 1), integer("keepdims", 0)});
    const std::string code =
        node("OneHot",
             {category, integers(name + ".categories", {}, {layer.categories}),
              floats(name + ".values", {2}, {0, static_cast<float>(latents.length())})},
             {name + ".code"}, {integer("axis", -1)});
    return node("Concat", {code, name + ".others"}, {name + ".output"}, {integer("axis", 1)});
  }

  std::string product(const LayerConfig& layer, const std::string& x, const std::string& out) {
    const std::vector<std::string> inputs = {x, layer.name + ".weight", layer.name + ".bias"};
    if (layer.kind == LayerKind::linear) {
      return node("Gemm", inputs, {out}, {integer("transB", 1)});
    }
    const std::int64_t p = layer.padding;
    return node(layer.kind == LayerKind::conv2d ? "Conv" : "ConvTranspose", inputs, {out},
                {models::integers("kernel_shape", {layer.kernel_size, layer.kernel_size}),
                 models::integers("strides", {layer.stride, layer.stride}),
                 models::integers("pads", {p, p, p, p})});
  }

  std::string activated(Activation activation, const std::string& x, const std::string& out) {
    switch (activation.kind) {
      case ActivationKind::relu:
        return node("Relu", {x}, {out});
      case ActivationKind::leaky_relu:
        return node("LeakyRelu", {x}, {out}, {number("alpha", activation.slope)});
      case ActivationKind::sigmoid:
        return node("Sigmoid", {x}, {out});
      case ActivationKind::tanh:
        return node("Tanh", {x}, {out});
      case ActivationKind::identity:
        break;
    }
    return x;
  }

  const NetworkInfo& info_;
  Shape image_;
  onnx::Graph graph_;
};

onnx::Graph graph_of(const Chain& network, const NetworkInfo& info) {
  GraphWriter graph(info);
  const std::string x = graph.rows(network);
  const std::int64_t size = network.outputs();
  if (info.role == "generator") {
    graph.reshaped(graph.layers(network, x, "pixels"), "image", graph.image());
    graph.output("image", graph.image());
  } else if (info.role == "encoder") {
    if (size % 2 != 0) {
      throw Error("[onnx] an encoder's " + std::to_string(size) +
                  " outputs are not means and log-variances");
    }
    graph.node("Split", {graph.layers(network, x, "gaussian")}, {"mean", "log_variance"},
               {integer("axis", 1), integers("split", {size / 2, size / 2})});
    graph.output("mean", {size / 2});
    graph.output("log_variance", {size / 2});
  } else if (info.role == "classifier") {
    graph.node("Softmax", {graph.layers(network, x, "logits")}, {"probabilities"},
               {integer("axis", 1)});
    graph.output("logits", {size});
    graph.output("probabilities", {size});
  } else if (info.role == "discriminator") {
    if (size == 1) {
      graph.layers(network, x, "score");
    } else {
      graph.node("Split", {graph.layers(network, x, "outputs")}, {"score", "category_logits"},
                 {integer("axis", 1), integers("split", {1, size - 1})});
    }
    graph.output("score", {1});
    if (size > 1) graph.output("category_logits", {size - 1});
  } else {
    throw Error("[onnx] a network of the role '" + info.role + "' is not known");
  }
  return graph.take();
}

}  // namespace

onnx::Model onnx_model(const Chain& network, const NetworkInfo& info) {
  return {.ir_version = kIrVersion,
          .opsets = {{"", kOpset}},
          .producer_name = "kiln",
          .producer_version = KILN_VERSION,
          .metadata = {{kArchitectureKey, architecture_json(network, info)}},
          .graph = graph_of(network, info)};
}

OnnxExample onnx_example(const LoadedNetwork& network, std::int64_t batch, std::uint64_t seed,
                         Device device) {
  const NetworkInfo& info = network.info;
  const NoGradGuard no_grad;
  OnnxExample example;
  Rng rng(seed, device);
  const std::int64_t width = columns_without_label(*network.network, info);
  const Shape image = {batch, 1, info.image_shape.at(0), info.image_shape.at(1)};
  Tensor x;
  if (sees_images(info)) {
    x = rng.uniform({batch, width});
    example.inputs["image"] = reshape(x, image);
  } else {
    x = rng.normal({batch, width});
    example.inputs["z"] = x;
  }
  if (info.classes > 0) {
    std::vector<std::int32_t> labels;
    for (std::int64_t i = 0; i < batch; ++i) {
      labels.push_back(static_cast<std::int32_t>(i % info.classes));
    }
    const Tensor label = Tensor::from_host(labels, {batch}, device);
    example.inputs["label"] = label;
    x = concat_columns(x, one_hot(label, info.classes));
  }
  const Tensor y = (*network.network)(x);
  if (info.role == "generator") {
    example.outputs["image"] = reshape(y, image);
  } else if (info.role == "encoder") {
    const std::int64_t latent = y.dim(1) / 2;
    example.outputs = {{"mean", columns(y, 0, latent)},
                       {"log_variance", columns(y, latent, latent)}};
  } else if (info.role == "classifier") {
    example.outputs = {{"logits", y}, {"probabilities", softmax(y)}};
  } else {
    example.outputs["score"] = columns(y, 0, 1);
    if (y.dim(1) > 1) example.outputs["category_logits"] = columns(y, 1, y.dim(1) - 1);
  }
  return example;
}

}  // namespace kiln::models
