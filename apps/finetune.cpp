// SPDX-License-Identifier: MIT
// Trains a classifier further, on other data than those it was made with.
#include <cstdint>
#include <filesystem>
#include <optional>

#include "apps/command_line.h"
#include "apps/data_path.h"
#include "apps/fine_tuning_report.h"
#include "apps/optimizer_options.h"
#include "apps/output_folder.h"
#include "apps/schedule_options.h"
#include "engine/data/row_set.h"
#include "engine/io/file.h"
#include "engine/rng.h"
#include "models/classifier/classifier.h"
#include "models/classifier/fine_tuning.h"
#include "models/classifier/pretrained.h"

namespace {

using namespace kiln;
using apps::not_empty, apps::whole_number;
namespace fs = std::filesystem;

enum FineTuneSeed : std::uint64_t { kSplitSeed, kHeadSeed, kBatchSeed, kReplaySeed };

struct Options {
  models::FineTuning tuning;
  fs::path model, data, replay;
  fs::path out = "out/finetune";
  apps::OptimizerOptions optimizer;
  apps::ScheduleOptions schedule;
  SplitShares shares;
  std::int64_t classes = 0;
  bool new_head = false, from_scratch = false;
  std::vector<std::string> freeze;
  std::int64_t trained_layers = 0;
  nn::LowRankConfig lora{.rank = 0, .alpha = 8};
  double replay_share = 0.3;
  std::string device = "auto";
  int threads = 0;
};

void add_data_options(CLI::App& app, Options& options) {
  app.add_option("--model", options.model,
                 "The classifier to start from: a safetensors file of Kiln, or of PyTorch with "
                 "fc1.weight, fc1.bias, fc2.weight, ...")
      ->required()
      ->check(not_empty());
  app.add_option("--data", options.data,
                 "A folder of the four MNIST-named IDX files, an .npy with its labels in "
                 "NAME-labels.npy, or a CSV of labels and numbers")
      ->required()
      ->check(not_empty());
  app.add_option("--validation-share", options.shares.validation,
                 "Share of the rows that is held out to choose the best epoch")
      ->capture_default_str();
  app.add_option("--test-share", options.shares.test,
                 "Share of the rows for the test, where the data are no folder")
      ->capture_default_str();
  app.add_option("--rows", options.shares.rows,
                 "Use so many rows alone, to train and to hold out (default: all)")
      ->check(whole_number(1, apps::kMaxCount));
  CLI::Option* const replay = app.add_option(
      "--replay", options.replay, "Data of the old task, to train on as well and to test on");
  app.add_option("--replay-share", options.replay_share, "Their share of the rows trained on")
      ->needs(replay)
      ->capture_default_str();
}

void add_network_options(CLI::App& app, Options& options) {
  app.add_flag("--new-head", options.new_head, "Replace the last layer by a new one");
  app.add_option("--classes", options.classes,
                 "Of the new head, which this asks for (default: those of the data)")
      ->check(whole_number(2, 256));
  app.add_flag("--from-scratch", options.from_scratch,
               "Forget all weights: the same network untrained, to compare with");
  CLI::Option* const freeze =
      app.add_option("--freeze", options.freeze,
                     "Parameters that keep their values, by name: 'fc1.*'; may be repeated")
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
          ->expected(1);
  CLI::Option* const layers = app.add_option("--freeze-all-but-last", options.trained_layers,
                                             "Train the last so many layers alone")
                                  ->check(whole_number(1, 1000000));
  CLI::Option* const rank =
      app.add_option("--lora-rank", options.lora.rank,
                     "Train low-rank adapters of the linear layers in place of their weights (and "
                     "a new head); they are merged at the end")
          ->check(whole_number(1, 1000000));
  app.add_option("--lora-alpha", options.lora.alpha, "Adapters count alpha / rank")
      ->needs(rank)
      ->capture_default_str();
  rank->excludes(freeze)->excludes(layers);
  layers->excludes(freeze);
}

void add_training_options(CLI::App& app, Options& options) {
  models::FineTuning& tuning = options.tuning;
  app.add_option("--out", options.out, "Folder for classifier.safetensors and report.json")
      ->check(not_empty())
      ->capture_default_str();
  app.add_option("--epochs", tuning.epochs, "Passes over the rows, at most")
      ->check(whole_number(1, 1000000000))
      ->capture_default_str();
  app.add_option("--patience", tuning.patience,
                 "Stop after so many epochs without a lower validation loss (default: never)")
      ->check(whole_number(1, 1000000000));
  app.add_option("--batch", tuning.batch, "Rows a step")
      ->check(whole_number(1, 1000000000))
      ->capture_default_str();
  options.optimizer.add_to(app);
  options.schedule.add_to(app);
  app.add_option("--seed", tuning.seed, "Equal seeds give equal files")
      ->check(whole_number(0, apps::kMaxSeed))
      ->capture_default_str();
  app.add_option("--device", options.device, "auto (the GPU where there is one), cpu or cuda")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "CPU threads (default: one a core)")
      ->check(whole_number(1, 1024));
  app.set_version_flag("--version", "finetune " KILN_VERSION);
}

DataSplits read_data(const Options& options) {
  DataSplits data =
      read_splits(options.data, options.shares, derive_seed(options.tuning.seed, kSplitSeed));
  if (data.validation.count() == 0) throw Error("--validation-share 0 leaves no epoch to choose");
  if (data.test.count() == 0) throw Error("--test-share 0 leaves nothing to test on");
  return data;
}

// Convolutions take images of their shape; linear layers, and rows (1, features), have a size
// alone.
void require_fit(const RowSet& rows, const fs::path& data, const models::Chain& network,
                 const fs::path& model) {
  const Shape& in = network.layers().front().in;  // (features) or (channels, height, width)
  const bool has_shape = in.size() == 3 && rows.row_shape[0] != 1;
  if (rows.row_size() == element_count(in) &&
      (!has_shape || rows.row_shape == Shape{in[1], in[2]})) {
    return;
  }
  throw Error(fmt::format("{}: rows {} are not what {} takes, {}", printable(data),
                          to_string(rows.row_shape), printable(model), to_string(in)));
}

std::int64_t count_of(const std::vector<Tensor>& tensors) {
  std::int64_t count = 0;
  for (const Tensor& tensor : tensors) count += tensor.numel();
  return count;
}

// A score where there can be one: the labels have outputs.
std::optional<models::ClassifierScore> score_before(const models::Chain& network,
                                                    const RowSet& rows, Device device) {
  if (rows.classes() > network.outputs()) return std::nullopt;
  return models::score(network, rows, device);
}

void write_json(const fs::path& path, const nlohmann::ordered_json& json) {
  const std::string text =
      json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
  write_file_atomically(path, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

// The parameters that are trained, with everything else made ready for it.
std::vector<Tensor> prepare(const models::Chain& network, const Options& options, bool new_head) {
  if (options.lora.rank > 0) {
    return models::add_adapters(network, options.lora, new_head,
                                derive_seed(options.tuning.seed, kHeadSeed));
  }
  return models::freeze(network, options.trained_layers > 0
                                     ? models::all_but_last(network, options.trained_layers)
                                     : options.freeze);
}

int finetune(Options& options) {
  models::FineTuning& tuning = options.tuning;
  tuning.schedule = options.schedule.checked();
  tuning.optimizer = options.optimizer.checked();
  const fs::path model = options.out / "classifier.safetensors";
  std::error_code absent;
  if (fs::equivalent(model, options.model, absent)) {
    throw Error(fmt::format("--out {} would replace the --model itself", printable(options.out)));
  }
  set_num_threads(options.threads);
  const Device device = Device::from_name(options.device);
  const models::LoadedNetwork loaded = models::load_pretrained(options.model, device);
  DataSplits data = read_data(options);
  require_fit(data.train, options.data, *loaded.network, options.model);
  std::optional<DataSplits> old;
  if (!options.replay.empty()) {
    const SplitShares all = {options.shares.validation, options.shares.test};
    old = read_splits(options.replay, all, derive_seed(tuning.seed, kSplitSeed));
    require_fit(old->train, options.replay, *loaded.network, options.model);
  }

  apps::FineTuningReport report;
  report.train_rows = data.train.count();
  report.validation_rows = data.validation.count();
  report.test_rows = data.test.count();
  report.test.before = score_before(*loaded.network, data.test, device);
  std::shared_ptr<models::Chain> network = loaded.network;
  const bool new_head = options.new_head || options.from_scratch || options.classes > 0;
  if (new_head) {
    const std::int64_t classes = options.classes > 0 ? options.classes : data.train.classes();
    network = models::with_new_head(*network, classes, derive_seed(tuning.seed, kHeadSeed), device,
                                    options.from_scratch);
  }
  if (old) {
    report.old_test = {score_before(*loaded.network, old->test, device), {}};
    const std::uint64_t seed = derive_seed(tuning.seed, kReplaySeed);
    data.train = models::with_replay(data.train, old->train, options.replay_share, seed);
    data.validation =
        models::with_replay(data.validation, old->validation, options.replay_share, seed);
    report.replayed_rows = data.train.count() - report.train_rows;
  }
  report.parameters = count_of(network->parameters());
  const std::vector<Tensor> trained = prepare(*network, options, new_head);
  report.trained_parameters = count_of(trained);

  const apps::OutputFolder folder(options.out, options.out,
                                  static_cast<std::uint64_t>(report.parameters) * sizeof(float));
  const fs::path report_file = options.out / "report.json";
  tuning.on_epoch = [&](std::int64_t epoch, double loss, const models::ClassifierScore& held_out) {
    apps::print(fmt::format("epoch {}/{}  loss {:.4f}  validation {:.4f}, {:.2f} % right\n", epoch,
                            tuning.epochs, loss, held_out.loss, 100 * held_out.accuracy));
  };
  apps::print(fmt::format("Training {} of {} parameters on {} rows ({} replayed)\n",
                          report.trained_parameters, report.parameters, data.train.count(),
                          report.replayed_rows));
  models::FineTuning seeded = tuning;
  seeded.seed = derive_seed(tuning.seed, kBatchSeed);
  report.tuned = models::fine_tune(*network, trained, data.train, data.validation, seeded, device);
  models::merge_adapters(*network);
  report.test.after = models::score(*network, data.test, device);
  if (old) report.old_test->after = models::score(*network, old->test, device);

  models::save_classifier(model, *network, loaded.info.image_shape);
  nlohmann::ordered_json json = {
      {"model", options.model.string()}, {"data", options.data.string()}, {"seed", tuning.seed}};
  json.update(apps::fine_tuning_json(report));
  write_json(report_file, json);
  apps::print(fmt::format("\nWeights of epoch {} of {}, in {}\n{}", report.tuned.best_epoch,
                          report.tuned.epochs, model.string(), apps::fine_tuning_table(report)));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Trains a classifier further, on other data.", "finetune");
  Options options;
  apps::take_last_option(app);
  add_data_options(app, options);
  add_network_options(app, options);
  add_training_options(app, options);
  return apps::run(app, argc, argv, [&] { return finetune(options); });
}
