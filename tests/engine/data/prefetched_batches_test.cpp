// SPDX-License-Identifier: MIT
#include "engine/data/prefetched_batches.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

#include "engine/data/row_file.h"
#include "engine/io/idx.h"
#include "engine/io/npy.h"
#include "engine/io/state_file.h"
#include "engine/train/captured_step.h"
#include "tests/engine/io/error_message.h"
#include "tests/support/devices.h"
#include "tests/support/expect_error.h"
#include "tests/support/near.h"
#include "tests/support/temporary_directory.h"

namespace kiln::test {
namespace {

constexpr std::int64_t kRows = 23, kRowSize = 6, kBatch = 5;
constexpr std::uint64_t kSeed = 7;

// The same data on disk and, for a BatchStream, on the device.
class PrefetchedBatchesTest : public PlaceTest {
 protected:
  PrefetchedBatchesTest() {
    for (std::int64_t i = 0; i < kRows * kRowSize; ++i) {
      bytes_.push_back(static_cast<std::uint8_t>(37 * i));
      floats_.push_back(std::sin(static_cast<float>(i)));
    }
    for (std::int64_t i = 0; i < kRows; ++i) labels_.push_back(static_cast<std::uint8_t>(255 - i));
    write_idx_images(byte_file_, {kRows, 2, 3, bytes_});
    write_npy(float_file_, floats_, std::vector<std::size_t>{kRows, kRowSize});
  }

  Tensor byte_rows() const { return Tensor::from_host(bytes_, {kRows, kRowSize}, device()); }
  Tensor float_rows() const { return Tensor::from_host(floats_, {kRows, kRowSize}, device()); }
  PrefetchedBatches byte_batches() const {
    return {open_row_file(byte_file_), labels_, kBatch, kSeed, device()};
  }

  // The next batch of each, and its labels.
  template <class Batches>
  std::pair<std::vector<float>, std::vector<std::int32_t>> next_of(Batches& batches) const {
    const Tensor rows = Tensor::empty({kBatch, kRowSize}, device());
    const Tensor labels = Tensor::empty({kBatch}, device(), DType::int32);
    batches.next_into(rows, labels);
    return {rows.to_host<float>(), labels.to_host<std::int32_t>()};
  }
  void expect_same_batches(PrefetchedBatches& streamed, BatchStream& in_memory, int count) const {
    for (int i = 0; i < count; ++i) {
      const auto [rows, labels] = next_of(streamed);
      const auto [expected_rows, expected_labels] = next_of(in_memory);
      EXPECT_TRUE(same_bits(rows, expected_rows));
      EXPECT_EQ(labels, expected_labels);
    }
  }
  void expect_same_epochs(const std::filesystem::path& file, const Tensor& rows) const {
    PrefetchedBatches streamed(open_row_file(file), labels_, kBatch, kSeed, device());
    BatchStream in_memory(rows, Tensor::from_host(labels_, {kRows}, device()), kBatch, kSeed);
    EXPECT_EQ(streamed.batches_per_epoch(), in_memory.batches_per_epoch());
    EXPECT_EQ(streamed.row_size(), kRowSize);
    // The last one goes on into itself.
    const int batches = static_cast<int>(in_memory.batches_per_epoch());
    for (const std::int64_t epoch : {0, 1, 2}) {
      if (epoch > 0) {
        streamed.start_epoch(epoch);
        in_memory.start_epoch(epoch);
      }
      expect_same_batches(streamed, in_memory, epoch == 2 ? 3 * batches + 1 : batches);
    }
  }

  TemporaryDirectory folder_;
  std::filesystem::path byte_file_ = folder_ / "bytes", float_file_ = folder_ / "floats.npy";
  std::vector<std::uint8_t> bytes_, labels_;
  std::vector<float> floats_;
};

TEST_P(PrefetchedBatchesTest, BytesAreThoseOfABatchStream) {
  expect_same_epochs(byte_file_, byte_rows());
}

TEST_P(PrefetchedBatchesTest, FloatsAreThoseOfABatchStream) {
  expect_same_epochs(float_file_, float_rows());
}

TEST_P(PrefetchedBatchesTest, RowsWithoutLabels) {
  PrefetchedBatches streamed(open_row_file(byte_file_), kBatch, kSeed, device());
  const BatchStream in_memory(byte_rows(), kBatch, kSeed);
  const Tensor batch = Tensor::empty({kBatch, kRowSize}, device());
  for (int i = 0; i < 3; ++i) {
    streamed.next_into(batch);
    EXPECT_TRUE(same_bits(batch.to_host<float>(), in_memory.next().to_host<float>()));
  }
  expect_error([&] { next_of(streamed); }, "[batch_stream] the data have no labels");
}

TEST_P(PrefetchedBatchesTest, AnEpochBegunAnewBeginsAtItsStart) {
  PrefetchedBatches batches = byte_batches();
  const auto first = next_of(batches);
  next_of(batches);
  batches.start_epoch(0);
  EXPECT_EQ(next_of(batches), first);
}

// On a GPU: the step is recorded once and replayed on each batch.
TEST_P(PrefetchedBatchesTest, ACapturedStepTakesEachBatch) {
  PrefetchedBatches streamed = byte_batches();
  BatchStream in_memory(byte_rows(), kBatch, kSeed);
  const Tensor batch = Tensor::empty({kBatch, kRowSize}, device());
  std::optional<BatchStream> stream;
  CapturedStep step(device(), [&] { stream->next_into(batch); });
  for (int i = 0; i < 6; ++i) {
    const BatchStream& next = streamed.next();
    EXPECT_TRUE(!stream || next.is_same_stream(*stream));
    stream = next;
    step.run();
    EXPECT_TRUE(same_bits(batch.to_host<float>(), in_memory.next().to_host<float>()));
  }
}

// From each place of two epochs, into a stream that stands elsewhere; a BatchStream's state too.
TEST_P(PrefetchedBatchesTest, GoesOnFromItsState) {
  const auto state_of = [](auto& batches) {
    return [&batches](StateVisitor& visitor) { batches.visit_state(visitor, "batches"); };
  };
  const std::filesystem::path file = folder_ / "state";
  for (const bool from_memory : {false, true}) {
    for (int steps = 0; steps < 8; ++steps) {
      PrefetchedBatches streamed = byte_batches(), resumed = byte_batches();
      BatchStream in_memory(byte_rows(), Tensor::from_host(labels_, {kRows}, device()), kBatch,
                            kSeed);
      for (int i = 0; i < steps; ++i) {
        if (i == 4) streamed.start_epoch(1);
        if (i == 4) in_memory.start_epoch(1);
        expect_same_batches(streamed, in_memory, 1);
      }
      if (from_memory) {
        StateSnapshot(state_of(in_memory)).save(file, "");
      } else {
        StateSnapshot(state_of(streamed)).save(file, "");
      }
      next_of(resumed);
      StateFile(file).restore(state_of(resumed));
      expect_same_batches(resumed, in_memory, 6);
    }
  }
}

TEST_P(PrefetchedBatchesTest, SavingAStateChangesNothing) {
  PrefetchedBatches batches = byte_batches(), undisturbed = byte_batches();
  for (int i = 0; i < 9; ++i) {
    const StateSnapshot state(
        [&](StateVisitor& visitor) { batches.visit_state(visitor, "batches"); });
    EXPECT_EQ(next_of(batches), next_of(undisturbed));
  }
}

TEST_P(PrefetchedBatchesTest, APlaceBehindTheEpochIsRefused) {
  PrefetchedBatches batches = byte_batches();
  const std::filesystem::path file = folder_ / "state";
  const auto state = [&](StateVisitor& visitor) { batches.visit_state(visitor, "batches"); };
  PrefetchedBatches smaller(open_row_file(byte_file_), labels_, 1, kSeed, device());
  for (int i = 0; i < 19; ++i) smaller.next();
  StateSnapshot([&](StateVisitor& visitor) {
    smaller.visit_state(visitor, "batches");
  }).save(file, "");
  EXPECT_EQ(error_message([&] { StateFile(file).restore(state); }),
            file.string() + ": [prefetched_batches] row 19 of the epoch begins no batch");
}

TEST_P(PrefetchedBatchesTest, ABadRowIsNamedWhenItsBatchComes) {
  floats_[17 * kRowSize + 2] = NAN;
  write_npy(float_file_, floats_, std::vector<std::size_t>{kRows, kRowSize});
  PrefetchedBatches batches(open_row_file(float_file_), kBatch, kSeed, device());
  BatchSampler sampler(kRows, kBatch, kSeed, Device::cpu());
  const std::vector<std::int32_t> order = sampler.permutation().to_host<std::int32_t>();
  const auto place = std::find(order.begin(), order.end(), 17) - order.begin();
  ASSERT_LT(place / kBatch, batches.batches_per_epoch());  // with this seed
  for (std::int64_t batch = 0; batch < place / kBatch; ++batch) batches.next();
  const std::string message = float_file_.string() + ": row 17: nan is not finite";
  expect_error([&] { batches.next(); }, message);
  expect_error([&] { batches.next(); }, message);
  batches.start_epoch(0);
  if (place >= kBatch) batches.next();
}

TEST_P(PrefetchedBatchesTest, AFileThatShrinksIsAnError) {
  PrefetchedBatches batches(open_row_file(byte_file_), kRows, kSeed, device());
  batches.next();
  std::filesystem::resize_file(byte_file_, 16 + 11 * kRowSize);
  EXPECT_NE(error_message([&] {
              batches.next();
            }).find(": 0 of 6 bytes are left: the file was cut short while in use"),
            std::string::npos);
}

TEST_P(PrefetchedBatchesTest, Errors) {
  const RowSource rows = open_row_file(byte_file_);
  expect_error([&] { PrefetchedBatches(rows, kRows + 1, kSeed, device()); },
               "batch size 24 is not between 1 and the 23 rows of the data set");
  expect_error([&] { PrefetchedBatches(rows, 0, kSeed, device()); },
               "batch size 0 is not between 1 and the 23 rows of the data set");
  expect_error([&] { PrefetchedBatches(RowSource{}, 1, kSeed, device()); },
               "batch size 1 is not between 1 and the 0 rows of the data set");
  labels_.pop_back();
  expect_error([&] { PrefetchedBatches(rows, labels_, kBatch, kSeed, device()); },
               "[prefetched_batches] 22 labels are not of 23 rows");
  PrefetchedBatches batches(rows, kBatch, kSeed, device());
  expect_error(
      [&] {
        batches.next_into(Tensor::empty({2, kRowSize}, device()));
      },
      "[batch_stream] output (2,6) is not float32 (5,6) on the data's device");
}

KILN_ON_EVERY_FLOAT_PLACE(PrefetchedBatchesTest);

std::size_t resident_bytes() {
  std::size_t total_pages = 0, resident_pages = 0;
  std::ifstream("/proc/self/statm") >> total_pages >> resident_pages;
  return resident_pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// Of 6 GiB of zeros that take no place on disk.
TEST(PrefetchedBatches, ADataSetMayBeLargerThanMemory) {
  constexpr std::size_t kSide = 1024, kImages = 6 * 1024, kImageBytes = kSide * kSide;
  const TemporaryDirectory folder;
  const std::filesystem::path file = folder / "images";
  const IdxImages one{1, kSide, kSide, std::vector<std::uint8_t>(kImageBytes)};
  write_idx_images(file, one);
  std::fstream(file, std::ios::binary | std::ios::in | std::ios::out)
      .write("\0\0\x08\x03\0\0\x18\0", 8);
  std::filesystem::resize_file(file, 16 + kImages * kImageBytes);
  const std::size_t before = resident_bytes();
  PrefetchedBatches batches(open_row_file(file), 1, kSeed, Device::cpu());
  EXPECT_EQ(batches.batches_per_epoch(), kImages);
  for (int i = 0; i < 100; ++i) batches.next();
  EXPECT_LT(resident_bytes(), before + 64 * kImageBytes);
}

}  // namespace
}  // namespace kiln::test
