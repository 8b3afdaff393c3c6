// SPDX-License-Identifier: MIT
// Writes a trained network as an ONNX file.
#include "models/onnx_export.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "apps/command_line.h"
#include "engine/onnx/model_file.h"

namespace {

using namespace kiln;
using apps::not_empty, apps::whole_number;

struct Options {
  std::filesystem::path model;
  std::filesystem::path out;
  std::filesystem::path example;
  std::int64_t n = 8;
  std::uint64_t seed = 1;
};

void add_options(CLI::App& app, Options& options) {
  apps::take_last_option(app);
  app.add_option("--model", options.model,
                 "generator, decoder, encoder, discriminator or classifier *.safetensors")
      ->check(not_empty())
      ->required();
  app.add_option("--out", options.out, "The file to write: *.onnx")->check(not_empty())->required();
  CLI::Option* const example =
      app.add_option("--example", options.example,
                     "Also a new folder with inputs and what Kiln makes of them, as ONNX's own "
                     "tests keep them: input_0.pb ..., output_0.pb ...")
          ->check(not_empty());
  app.add_option("--n", options.n, "Rows of the example")
      ->check(whole_number(1, 10000))
      ->needs(example)
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Of the example")
      ->check(whole_number(0, apps::kMaxSeed))
      ->needs(example)
      ->capture_default_str();
  app.set_version_flag("--version", "onnx_export " KILN_VERSION);
}

onnx::Constant constant_of(const onnx::ValueInfo& info, const Tensor& x) {
  onnx::Constant constant = {info.name, info.type, x.shape(), {}, {}};
  if (x.dtype() == DType::float32) {
    constant.floats = x.to_host<float>();
  } else {
    const std::vector<std::int32_t> values = x.to_host<std::int32_t>();
    constant.ints.assign(values.begin(), values.end());
  }
  return constant;
}

void write_values(const std::filesystem::path& folder, const std::string& prefix,
                  const std::vector<onnx::ValueInfo>& infos, const onnx::NamedTensors& values) {
  for (std::size_t i = 0; i < infos.size(); ++i) {
    onnx::write_tensor(folder / fmt::format("{}_{}.pb", prefix, i),
                       constant_of(infos[i], values.at(infos[i].name)));
  }
}

// Of a folder that this program has made, or "".
void remove_example(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (!folder.empty()) std::filesystem::remove_all(folder, ignored);
}

void write_example(const Options& options, const onnx::Model& model,
                   const models::LoadedNetwork& network) {
  const models::OnnxExample example =
      models::onnx_example(network, options.n, options.seed, Device::cpu());
  std::error_code error;
  if (!std::filesystem::create_directory(options.example, error)) {
    throw Error(options.example.string() +
                ": cannot create the folder: " + (error ? error.message() : "it is there already"));
  }
  try {
    write_values(options.example, "input", model.graph.inputs, example.inputs);
    write_values(options.example, "output", model.graph.outputs, example.outputs);
  } catch (...) {
    remove_example(options.example);
    throw;
  }
}

std::string list(const std::vector<onnx::ValueInfo>& values) {
  std::string text;
  for (const onnx::ValueInfo& value : values) text += (text.empty() ? "" : ", ") + to_string(value);
  return text;
}

int export_network(const Options& options) {
  if (options.out.extension() != ".onnx") {
    throw Error(options.out.string() + ": the name must end in .onnx");
  }
  const models::LoadedNetwork loaded = models::load_network(options.model, Device::cpu());
  onnx::Model model;
  try {
    model = models::onnx_model(*loaded.network, loaded.info);
  } catch (const Error& error) {
    throw Error(options.model.string() + ": " + error.what());
  }
  if (!options.example.empty()) write_example(options, model, loaded);
  try {
    onnx::write_model(options.out, model);
  } catch (...) {
    remove_example(options.example);
    throw;
  }
  apps::print(fmt::format("Wrote {}: {} -> {}\n", options.out.string(), list(model.graph.inputs),
                          list(model.graph.outputs)));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Writes a trained network as an ONNX file.", "onnx_export");
  Options options;
  add_options(app, options);
  return apps::run(app, argc, argv, [&] { return export_network(options); });
}
