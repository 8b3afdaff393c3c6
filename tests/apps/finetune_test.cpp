// SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>

#include "models/classifier/classifier.h"
#include "models/dcgan/dcgan.h"
#include "models/mlp.h"
#include "models/network_file.h"
#include "tests/apps/app_test.h"

namespace kiln::test {
namespace {

// A data set in a CSV whose rows are of four kinds, and a network that has not seen them.
class Finetune : public AppTest {
 protected:
  void SetUp() override {
    const models::Mlp mlp({.sizes = {16, 12, 10, 6}}, 1, Device::cpu());
    models::save_classifier(folder_ / "base.safetensors", mlp, {4, 4});
    write_csv("new.csv", false);
    write_csv("old.csv", true);
  }

  // A bright band on a dark ground, or the other way round: where it is, is the label.
  void write_csv(const std::string& name, bool inverted) const {
    std::string text;
    for (std::size_t i = 0; i < 200; ++i) {
      text += std::to_string(i % 4);
      for (std::size_t p = 0; p < 16; ++p) {
        const bool bright = (p / 4 == i % 4) != inverted;
        text += ',' + std::to_string((bright ? 150 : 20) + (i * 7 + p * 13) % 40);
      }
      text += '\n';
    }
    put_file(folder_ / name, std::string_view(text));
  }

  Outcome finetune(Arguments arguments) const {
    const std::pair<const char*, const char*> defaults[] = {{"--model", "base.safetensors"},
                                                            {"--data", "new.csv"},
                                                            {"--out", "out"},
                                                            {"--batch", "16"}};
    for (const auto& [option, value] : defaults) {
      if (std::find(arguments.begin(), arguments.end(), option) == arguments.end()) {
        arguments.insert(arguments.end(), {option, value});
      }
    }
    return train(KILN_FINETUNE, arguments, {});
  }
  nlohmann::json report() const { return nlohmann::json::parse(get_file(out_ / "report.json")); }
  std::vector<std::vector<float>> weights(const std::filesystem::path& path) const {
    std::vector<std::vector<float>> all;
    const auto loaded = models::load_network(path, Device::cpu());
    for (const Tensor& parameter : loaded.network->parameters()) {
      all.push_back(parameter.to_host<float>());
    }
    return all;
  }

  const std::filesystem::path base_ = folder_ / "base.safetensors";
  const std::filesystem::path tuned_ = out_ / "classifier.safetensors";
};

TEST_F(Finetune, LearnsAndReportsBeforeAndAfter) {
  const Outcome run = finetune({"--lr", "1e-2", "--epochs", "15", "--lr-schedule", "cosine"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  for (const char* text : {"epoch 15/15", "before", "after", "the data"}) {
    EXPECT_NE(run.out.find(text), std::string::npos) << run.out;
  }
  const auto json = report();
  EXPECT_EQ(json["train_rows"], 160);
  EXPECT_EQ(json["validation_rows"], 20);
  EXPECT_EQ(json["test_rows"], 20);
  EXPECT_LT(json["test"]["accuracy_before"], 0.6);
  EXPECT_GT(json["test"]["accuracy"], 0.9);
  EXPECT_LT(json["test"]["loss"], json["test"]["loss_before"]);
  const std::string first = get_file(tuned_);
  ASSERT_EQ(finetune({"--lr", "1e-2", "--epochs", "15", "--lr-schedule", "cosine"}).exit_code, 0);
  EXPECT_EQ(get_file(tuned_), first);
}

TEST_F(Finetune, LearnsWithEveryOptimizer) {
  for (const Arguments& more :
       {Arguments{"--optimizer", "adamw", "--lr", "1e-2", "--weight-decay", "0.01"},
        Arguments{"--optimizer", "sgd", "--lr", "0.1", "--momentum", "0.9", "--nesterov"},
        Arguments{"--optimizer", "rmsprop", "--lr", "3e-3", "--lr-warmup", "10"},
        Arguments{"--lr", "1e-2", "--clip-norm", "1", "--clip-value", "0.5"}}) {
    Arguments all = more;
    all.insert(all.end(), {"--epochs", "15"});
    const Outcome run = finetune(all);
    ASSERT_EQ(run.exit_code, 0) << run.err;
    EXPECT_GT(report()["test"]["accuracy"], 0.9) << more[1];
  }
  const auto weights_with = [&](const char* option, const char* value) {
    EXPECT_EQ(finetune({"--epochs", "1", option, value}).exit_code, 0);
    return weights(tuned_);
  };
  const auto plain = weights_with("--clip-norm", "0");
  EXPECT_EQ(weights_with("--clip-value", "0"), plain);
  EXPECT_NE(weights_with("--clip-norm", "0.01"), plain);
  EXPECT_NE(weights_with("--clip-value", "0.001"), plain);
  EXPECT_NE(weights_with("--weight-decay", "0.1"), plain);
}

TEST_F(Finetune, FrozenLayersKeepTheirBits) {
  ASSERT_EQ(finetune({"--epochs", "2", "--freeze", "fc1.*", "--freeze", "fc2.bias"}).exit_code, 0);
  auto before = weights(base_), after = weights(tuned_);
  for (const std::size_t i : {0u, 1u, 3u}) EXPECT_EQ(after[i], before[i]) << i;
  for (const std::size_t i : {2u, 4u, 5u}) EXPECT_NE(after[i], before[i]) << i;
  ASSERT_EQ(finetune({"--epochs", "2", "--freeze-all-but-last", "1", "--classes", "4"}).exit_code,
            0);
  after = weights(tuned_);
  for (const std::size_t i : {0u, 1u, 2u, 3u}) EXPECT_EQ(after[i], before[i]) << i;
  EXPECT_EQ(after[5].size(), 4u);
}

TEST_F(Finetune, AdaptersAreMergedIntoAPlainNetwork) {
  ASSERT_EQ(finetune({"--lr", "2e-2", "--epochs", "20", "--lora-rank", "2"}).exit_code, 0);
  const auto before = weights(base_), after = weights(tuned_);
  ASSERT_EQ(after.size(), before.size());
  EXPECT_NE(after[0], before[0]);
  EXPECT_EQ(after[1], before[1]);  // biases have no adapter
  const auto json = report();
  EXPECT_EQ(json["trained_parameters"], 2 * (16 + 12 + 12 + 10 + 10 + 6));
  EXPECT_GT(json["test"]["accuracy"], 0.9);
  EXPECT_NE(get_file(base_), get_file(tuned_));
}

TEST_F(Finetune, ReplayKeepsTheOldTask) {
  ASSERT_EQ(finetune({"--lr", "1e-2", "--epochs", "15", "--data", "old.csv"}).exit_code, 0);
  std::filesystem::copy_file(tuned_, base_, std::filesystem::copy_options::overwrite_existing);
  const auto old_accuracy = [&](const std::string& share) {
    const Outcome run = finetune(
        {"--lr", "1e-2", "--epochs", "15", "--replay", "old.csv", "--replay-share", share});
    EXPECT_EQ(run.exit_code, 0) << run.err;
    EXPECT_GT(report()["old_test"]["accuracy_before"], 0.9);
    return report()["old_test"]["accuracy"].get<double>();
  };
  EXPECT_LT(old_accuracy("0"), 0.5);
  EXPECT_GE(old_accuracy("0.5"), old_accuracy("0") + 0.2);
}

TEST_F(Finetune, RefusesWhatItCannotUse) {
  const auto expect_finetune_refuses = [&](const Arguments& arguments, int exit_code,
                                           const std::string& text) {
    expect_refused(finetune(arguments), "finetune", exit_code, text);
    EXPECT_FALSE(std::filesystem::exists(out_));
  };
  expect_finetune_refuses({"--freeze", "conv*"}, 1, "'conv*' matches no parameter");
  expect_finetune_refuses({"--lora-rank", "99"}, 1, "rank 99 is not from 1 to");
  expect_finetune_refuses({"--lora-rank", "1", "--freeze", "fc1.*"}, 2, "--freeze");
  expect_finetune_refuses({"--lora-alpha", "4"}, 2, "--lora-alpha requires --lora-rank");
  expect_finetune_refuses({"--replay-share", "0.5"}, 2, "--replay-share requires --replay");
  expect_finetune_refuses({"--lr", "nan"}, 1, "--lr nan");
  expect_finetune_refuses({"--clip-norm", "-1"}, 1, "--clip-norm -1 is not a number of at least 0");
  expect_finetune_refuses({"--optimizer", "lbfgs"}, 1, "optimizer 'lbfgs' is unknown");
  expect_finetune_refuses({"--momentum", "0.9"}, 1, "adam has no momentum to set");
  expect_finetune_refuses({"--optimizer", "sgd", "--nesterov"}, 1, "nesterov wants a momentum");
  expect_finetune_refuses({"--rows", "181"}, 1, "181 rows are asked for, there are 180");
  expect_finetune_refuses({"--data", "absent.csv"}, 1, "absent.csv: cannot open");
  expect_finetune_refuses({"--validation-share", "1"}, 1, "validation share 1 is not in [0, 1)");
  put_file(folder_ / "bad.csv", std::string_view("1,2\n1,x\n"));
  expect_finetune_refuses({"--data", "bad.csv"}, 1,
                          "bad.csv: line 2: field 2: 'x' is not a number");
  put_file(folder_ / "small.csv", std::string_view("0,1\n1,2\n0,3\n1,4\n"));
  expect_finetune_refuses(
      {"--data", "small.csv", "--validation-share", "0.25", "--test-share", "0.25"}, 1,
      "small.csv: rows (1,1) are not what base.safetensors takes, (16)");
  make_data(2, 8);  // of as many pixels as 4x4
  models::save_classifier(
      base_,
      models::Chain(models::dcgan_discriminator({.image_side = 4, .channels = {2}}), 1,
                    Device::cpu()),
      {4, 4});
  expect_finetune_refuses({"--data", "data", "--new-head"}, 1,
                          "data: rows (2,8) are not what base.safetensors takes, (1,4,4)");
}

TEST_F(Finetune, DoesNotReplaceTheModelItStartsFrom) {
  ASSERT_EQ(finetune({"--epochs", "1"}).exit_code, 0);
  const std::string before = get_file(tuned_);
  expect_refused(finetune({"--epochs", "1", "--model", "out/../out/classifier.safetensors"}),
                 "finetune", 1, "--out out would replace the --model itself");
  EXPECT_EQ(get_file(tuned_), before);
}

}  // namespace
}  // namespace kiln::test
