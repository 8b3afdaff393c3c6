// SPDX-License-Identifier: MIT
// A training goes on from its state as if it had never stopped, and from nothing else.
#include "engine/state.h"

#include <cmath>
#include <numeric>

#include "engine/autograd/backward.h"
#include "engine/data/batch_stream.h"
#include "engine/io/state_file.h"
#include "engine/nn/dropout.h"
#include "engine/nn/linear.h"
#include "engine/nn/sequential.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/pointwise.h"
#include "engine/ops/reduce.h"
#include "engine/optim/adam.h"
#include "engine/optim/sgd.h"
#include "tests/engine/io/error_message.h"
#include "tests/support/devices.h"
#include "tests/support/temporary_directory.h"

namespace kiln::test {
namespace {

// Every stateful part of the engine at once: a stream's place, noise, dropout, an optimizer whose
// rate warms up, and the average that it keeps.
template <class Optimizer, class Config>
class StatefulTraining {
 public:
  StatefulTraining(const Config& config, Device device)
      : batches_(Tensor::from_host(different_rows(), {40, 6}, device), 4, 1),
        noise_(2, device),
        arena_(build(device)),
        average_(arena_.values().clone()),
        optimizer_(arena_, config, average_) {}

  void steps(int count) {
    for (int i = 0; i < count; ++i, ++step_) {
      if (step_ % batches_.batches_per_epoch() == 0) {
        batches_.start_epoch(step_ / batches_.batches_per_epoch());
      }
      const Tensor loss = mean(square(net_(batches_.next() + noise_.normal({4, 6}))));
      backward(loss, arena_.parameters());
      optimizer_.step();
    }
  }

  void visit_state(StateVisitor& visitor) {
    batches_.visit_state(visitor, "batches");
    noise_.visit_state(visitor, "noise");
    net_.visit_state(visitor, "net");
    visitor.visit("average", average_);
    optimizer_.visit_state(visitor, "optimizer");
    visitor.visit("step", step_);
  }
  VisitState state() {
    return [this](StateVisitor& visitor) { visit_state(visitor); };
  }

  std::vector<float> weights() const { return arena_.values().template to_host<float>(); }
  std::vector<float> average() const { return average_.template to_host<float>(); }
  void set_learning_rate(double rate) { optimizer_.set_learning_rate(rate); }

 private:
  static std::vector<std::uint8_t> different_rows() {
    std::vector<std::uint8_t> rows(40 * 6);
    std::iota(rows.begin(), rows.end(), std::uint8_t{0});
    return rows;
  }
  optim::ParameterArena build(Device device) {
    net_.add<nn::Linear>("fc1", 6, 8, Activation{ActivationKind::relu}, 1, device)
        .template add<nn::Dropout>("dropout", 0.5, 3, device)
        .template add<nn::Linear>("fc2", 8, 1, Activation{}, 2, device);
    return optim::ParameterArena(net_.parameters());
  }

  BatchStream batches_;
  Rng noise_;
  nn::Sequential net_;
  optim::ParameterArena arena_;
  Tensor average_;
  Optimizer optimizer_;
  std::int64_t step_ = 0;
};

using AdamTraining = StatefulTraining<optim::Adam, optim::AdamConfig>;
using SgdTraining = StatefulTraining<optim::Sgd, optim::SgdConfig>;

optim::AdamConfig adam_config() {
  optim::AdamConfig config;
  config.learning_rate = 1e-2;
  config.warmup_steps = 20;
  config.average_decay = 0.9;
  return config;
}

optim::SgdConfig sgd_config() {
  optim::SgdConfig config;
  config.learning_rate = 1e-2;
  config.momentum = 0.9;
  config.average_decay = 0.9;
  return config;
}

template <class Training, class Config>
void expect_goes_on(const Config& config, Device device) {
  const TemporaryDirectory folder;
  Training whole(config, device), first(config, device), second(config, device);
  whole.steps(7);
  whole.set_learning_rate(5e-3);
  whole.steps(30);
  first.steps(7);
  first.set_learning_rate(5e-3);
  first.steps(6);  // into the second epoch
  const StateSnapshot snapshot(first.state());
  first.steps(1);  // a copy is meant
  EXPECT_EQ(snapshot.not_finite(), std::nullopt);
  snapshot.save(folder / "state", "of a test");
  const StateFile file(folder / "state");
  EXPECT_EQ(file.description(), "of a test");
  second.steps(5);  // what it was is forgotten, its place in the epoch too
  file.restore(second.state());
  second.steps(24);
  EXPECT_EQ(second.weights(), whole.weights());
  EXPECT_EQ(second.average(), whole.average());
}

using StateTest = PlaceTest;

TEST_P(StateTest, ATrainingWithAdamGoesOn) {
  expect_goes_on<AdamTraining>(adam_config(), device());
}

TEST_P(StateTest, ATrainingWithSgdGoesOn) { expect_goes_on<SgdTraining>(sgd_config(), device()); }

KILN_ON_EVERY_FLOAT_PLACE(StateTest);

TEST(State, APlaceBehindTheEpochIsRefused) {
  const TemporaryDirectory folder;
  const Device cpu = Device::cpu();
  const auto with_cursor = [&](std::uint64_t row) {
    BatchStream batches(Tensor::from_host(std::vector<std::uint8_t>(40 * 6), {40, 6}, cpu), 4, 1);
    const Tensor cursor = Tensor::from_host(std::vector<std::uint64_t>{row}, {1}, cpu);
    std::int64_t epoch = 0;
    StateSnapshot([&](StateVisitor& visitor) {
      visitor.visit("batches.cursor", cursor);
      visitor.visit("batches.epoch", epoch);
    }).save(folder / "state", "");
    return error_message([&] {
      StateFile(folder / "state").restore([&](StateVisitor& visitor) {
        batches.visit_state(visitor, "batches");
      });
    });
  };
  EXPECT_EQ(with_cursor(36), "no error");
  for (const std::uint64_t row : {std::uint64_t{37}, ~std::uint64_t{0}}) {
    EXPECT_EQ(with_cursor(row), (folder / "state").string() + ": [batch_stream] row " +
                                    std::to_string(row) + " of the epoch begins no batch");
  }
}

// A state of two pieces.
class StateFileTest : public ::testing::Test {
 protected:
  VisitState pieces() {
    return [this](StateVisitor& visitor) {
      visitor.visit("weight", weight_);
      visitor.visit("step", step_);
      visitor.visit("rate", rate_);
    };
  }
  std::string restoring_says(const VisitState& state) {
    return error_message([&] { StateFile(path_).restore(state); });
  }
  std::string reading_says() {
    return error_message([&] { const StateFile file(path_); });
  }

  TemporaryDirectory folder_;
  std::filesystem::path path_ = folder_ / "state";
  Tensor weight_ = Tensor::from_host(std::vector<float>{1, 2}, {2}, Device::cpu());
  std::int64_t step_ = 7;
  double rate_ = 0.1;
};

TEST_F(StateFileTest, NamesAPieceThatIsNotFinite) {
  EXPECT_EQ(StateSnapshot(pieces()).not_finite(), std::nullopt);
  rate_ = std::nan("");
  EXPECT_EQ(StateSnapshot(pieces()).not_finite(), "rate");
  rate_ = 0;
  weight_.fill(-HUGE_VAL);
  EXPECT_EQ(StateSnapshot(pieces()).not_finite(), "weight");
}

TEST_F(StateFileTest, SameStateSameBytes) {
  StateSnapshot(pieces()).save(path_, "d");
  StateSnapshot(pieces()).save(folder_ / "again", "d");
  EXPECT_EQ(get_file(path_), get_file(folder_ / "again"));
}

TEST_F(StateFileTest, RefusesWhatDoesNotFitAndLeavesItAsItWas) {
  StateSnapshot(pieces()).save(path_, "d");
  const std::string file = path_.string();
  Tensor other = Tensor::full({3}, 5, Device::cpu());
  EXPECT_EQ(restoring_says([&](StateVisitor& visitor) {
              visitor.visit("step", step_);
              visitor.visit("rate", rate_);
              visitor.visit("weight", other);
            }),
            file + ": tensor 'weight' is F32 (2), expected F32 (3)");
  step_ = 8;
  EXPECT_EQ(restoring_says([&](StateVisitor& visitor) { visitor.visit("step", step_); }),
            file + ": tensor 'rate' does not belong to this training");
  EXPECT_EQ(step_, 8);
  EXPECT_NE(
      restoring_says([&](StateVisitor& visitor) { visitor.visit("none", step_); }).find("'none'"),
      std::string::npos);
  EXPECT_EQ(error_message([&] {
              StateSnapshot([&](StateVisitor& visitor) {
                visitor.visit("step", step_);
                visitor.visit("step", step_);
              });
            }),
            "[state] the name 'step' is taken");
}

TEST_F(StateFileTest, RefusesADamagedFileAndAnotherKind) {
  StateSnapshot(pieces()).save(path_, "description");
  const std::string whole = get_file(path_), file = path_.string();
  for (const std::size_t at : {whole.size() - 1, whole.find("description")}) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    put_file(path_, damaged);
    EXPECT_EQ(reading_says(), file + ": damaged: the data do not match their checksum") << at;
  }
  put_file(path_, whole.substr(0, whole.size() - 1));
  EXPECT_NE(reading_says().find("truncated"), std::string::npos);
  SafetensorsWriter writer;
  writer.write(path_);
  EXPECT_EQ(reading_says(), file + ": not a checkpoint of Kiln: the metadata has no 'kiln.state'");
}

}  // namespace
}  // namespace kiln::test
