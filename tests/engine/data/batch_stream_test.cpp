// SPDX-License-Identifier: MIT
#include "engine/data/batch_stream.h"

#include "tests/support/devices.h"
#include "tests/support/expect_error.h"
#include "tests/support/near.h"

namespace kiln::test {
namespace {

class BatchStreamTest : public PlaceTest {
 protected:
  // Row i holds i and 255 - i.
  Tensor rows(std::int64_t count) const {
    std::vector<std::uint8_t> bytes;
    for (std::int64_t i = 0; i < count; ++i) {
      bytes.push_back(static_cast<std::uint8_t>(i));
      bytes.push_back(static_cast<std::uint8_t>(255 - i));
    }
    return Tensor::from_host(bytes, {count, 2}, device());
  }
};

// The batches are the sampler's of the same seed, epoch by epoch.
TEST_P(BatchStreamTest, GivesTheSamplersBatches) {
  BatchStream stream(rows(10), 4, 7);
  BatchSampler sampler(10, 4, 7, device());
  EXPECT_EQ(stream.batches_per_epoch(), 2);
  for (const std::int64_t epoch : {0, 3, 1}) {
    sampler.start_epoch(epoch);
    if (epoch != 0) stream.start_epoch(epoch);
    for (const std::int64_t batch : {0, 1, 0}) {  // after the last one, the first again
      std::vector<double> expected;
      for (const std::int32_t row : sampler.batch(batch).to_host<std::int32_t>()) {
        expected.push_back(row / 255.0);
        expected.push_back((255 - row) / 255.0);
      }
      EXPECT_TRUE(near(values_of(stream.next()), expected, 1e-6, 1e-7));
    }
  }
}

TEST_P(BatchStreamTest, AnEpochBegunAnewBeginsAtItsStart) {
  BatchStream stream(rows(12), 3, 1);
  const std::vector<double> first = values_of(stream.next());
  stream.next();
  stream.start_epoch(0);
  EXPECT_TRUE(same_bits(values_of(stream.next()), first));
}

// Row i has the label 255 - i.
TEST_P(BatchStreamTest, GivesTheLabelsOfTheBatch) {
  std::vector<std::uint8_t> labels;
  for (int i = 0; i < 10; ++i) labels.push_back(static_cast<std::uint8_t>(255 - i));
  const BatchStream stream(rows(10), Tensor::from_host(labels, {10}, device()), 3, 7);
  const BatchStream unlabelled(rows(10), 3, 7);
  const Tensor batch = Tensor::empty({3, 2}, device());
  const Tensor batch_labels = Tensor::empty({3}, device(), DType::int32);
  for (int i = 0; i < 4; ++i) {
    stream.next_into(batch, batch_labels);
    const std::vector<double> values = values_of(batch);
    EXPECT_TRUE(same_bits(values, values_of(unlabelled.next())));
    for (std::size_t row = 0; row < 3; ++row) {
      EXPECT_TRUE(
          near(values[2 * row + 1], batch_labels.to_host<std::int32_t>()[row] / 255.0, 1e-6, 0));
    }
  }
}

// The same rows, whole and in fours.
TEST_P(BatchStreamTest, FloatRowsComeAsTheyAre) {
  for (const std::int64_t width : {3, 8}) {
    std::vector<float> values;
    for (std::int64_t i = 0; i < 5 * width; ++i) values.push_back(static_cast<float>(i) - 7.25f);
    const BatchStream stream(Tensor::from_host(values, {5, width}, device()), 5, 3);
    BatchSampler sampler(5, 5, 3, device());
    std::vector<double> expected;
    for (const std::int32_t row : sampler.permutation().to_host<std::int32_t>()) {
      const auto first = values.begin() + row * width;
      expected.insert(expected.end(), first, first + width);
    }
    EXPECT_TRUE(same_bits(values_of(stream.next()), expected));
  }
}

TEST_P(BatchStreamTest, LabelErrors) {
  const Tensor labels = Tensor::from_host(std::vector<std::uint8_t>(5), {5}, device());
  expect_error([&] { BatchStream(rows(6), labels, 3, 1); },
               "[batch_stream] labels (5) are not uint8 (6) on the data's device");
  const BatchStream stream(rows(5), labels, 3, 1);
  const Tensor batch = Tensor::empty({3, 2}, device());
  expect_error([&] { stream.next_into(batch, Tensor::empty({3}, device())); },
               "[batch_stream] label output (3) is not int32 (3) on the data's device");
  expect_error(
      [&] {
        BatchStream(rows(5), 3, 1).next_into(batch, Tensor::empty({3}, device(), DType::int32));
      },
      "[batch_stream] the data have no labels");
}

TEST_P(BatchStreamTest, Errors) {
  expect_error([&] { BatchStream(rows(3), 4, 1); },
               "batch size 4 is not between 1 and the 3 rows of the data set");
  const BatchStream stream(rows(6), 3, 1);
  expect_error(
      [&] {
        stream.next_into(Tensor::empty({2, 2}, device()));
      },
      "[batch_stream] output (2,2) is not float32 (3,2) on the data's device");
}

KILN_ON_EVERY_FLOAT_PLACE(BatchStreamTest);

}  // namespace
}  // namespace kiln::test
