// SPDX-License-Identifier: MIT
// Scores generated images against real ones.
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/command_line.h"
#include "apps/data_path.h"
#include "apps/evaluated_samples.h"
#include "apps/evaluation.h"
#include "apps/evaluation_report.h"
#include "engine/data/sha256.h"
#include "engine/io/file.h"

namespace {

using namespace kiln;
using apps::not_empty, apps::whole_number;
namespace fs = std::filesystem;

struct Options {
  fs::path model;
  fs::path samples;
  fs::path data = apps::data_path("mnist");
  fs::path classifier = apps::data_path("classifier/mnist.safetensors");
  fs::path json;
  std::int64_t count = 10000;
  std::uint64_t seed = 1;
  std::string device = "auto";
  int threads = 0;
};

void add_options(CLI::App& app, Options& options) {
  apps::take_last_option(app);
  auto* const model =
      app.add_option("--model", options.model, "generator.safetensors of a training run")
          ->check(not_empty());
  app.add_option("--samples", options.samples,
                 "Images instead: *.npy, (n, height, width) of float32 in [0, 1] or of bytes, or "
                 "MNIST's format, plain or .gz")
      ->check(not_empty())
      ->excludes(model);
  app.add_option("--data", options.data, "Folder of the four MNIST-named IDX files, plain or .gz")
      ->check(not_empty())
      ->capture_default_str();
  app.add_option("--classifier", options.classifier, "What train_classifier has made of those data")
      ->check(not_empty())
      ->capture_default_str();
  app.add_option("--n", options.count, "Number of images to score")
      ->check(whole_number(apps::kLeastSamples, 1000000))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Of --model's images, as in generate")
      ->check(whole_number(0, apps::kMaxSeed))
      ->capture_default_str();
  app.add_option("--json", options.json, "A file for the same numbers")->check(not_empty());
  app.add_option("--device", options.device, "auto (the GPU where there is one), cpu or cuda")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "CPU threads (default: one a core)")
      ->check(whole_number(1, 1024));
  app.set_version_flag("--version", "evaluate " KILN_VERSION);
}

std::string sha256_of(const fs::path& path) {
  constexpr std::size_t kMaxBytes = std::size_t{1} << 30;
  Sha256 sum;
  sum.update(read_file(path, kMaxBytes));
  return sum.hex_digest();
}

int evaluate(const CLI::App& app, const Options& options) {
  set_num_threads(options.threads);
  const Device device = Device::from_name(options.device);
  const bool draws = !options.model.empty();
  if (!options.json.empty()) require_writable(options.json);
  const fs::path& source = draws ? options.model : options.samples;
  const auto samples = draws ? apps::draw_samples(source, options.count, options.seed, device)
                             : apps::read_samples(source, options.count);
  const std::string digest = sha256_of(options.classifier);
  if (app.count("--classifier") == 0 && digest != models::kMnistClassifierSha256) {
    throw Error(fmt::format("{}: SHA-256 is {}, that of Kiln's classifier is {}",
                            printable(options.classifier), digest, models::kMnistClassifierSha256));
  }
  const auto classifier = models::Classifier::load(options.classifier, device);
  const MnistData train = load_mnist(options.data, MnistSplit::train);
  const MnistData test = load_mnist(options.data, MnistSplit::test);
  const apps::Evaluation evaluation = apps::evaluate(samples, source.string(), train, test,
                                                     classifier, options.classifier.string());
  if (!options.json.empty()) {
    nlohmann::ordered_json json = {{"source", source.string()}};
    if (draws) json["seed"] = options.seed;
    json["data"] = options.data.string();
    json["classifier"] = options.classifier.string();
    json["classifier_sha256"] = digest;
    json.update(apps::evaluation_json(evaluation));
    const std::string text =
        json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
    write_file_atomically(options.json,
                          {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }
  apps::print(fmt::format(
      "{} images of {} against {}\n"
      "real: {} test images in their place. The classifier is right on {:.2f} % of all test "
      "images\n\n{}",
      evaluation.count, source.string(), options.data.string(), evaluation.count,
      100 * evaluation.accuracy, apps::evaluation_table(evaluation)));
  if (options.json.empty() && !std::cout) {
    throw Error("the table cannot be written to standard output");
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Scores generated images against real ones.", "evaluate");
  Options options;
  add_options(app, options);
  app.callback([&] {
    if (options.model.empty() && options.samples.empty()) {
      throw CLI::RequiredError("--model or --samples");
    }
  });
  return apps::run(app, argc, argv, [&] { return evaluate(app, options); });
}
