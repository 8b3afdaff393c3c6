// SPDX-License-Identifier: MIT
#include "engine/data/batch_sampler.h"

#include <algorithm>
#include <numeric>

#include "tests/support/devices.h"
#include "tests/support/expect_error.h"

namespace kiln::test {
namespace {

using BatchSamplerTest = PlaceTest;
using Rows = std::vector<std::int32_t>;

Rows epoch_of(BatchSampler& sampler, std::int64_t epoch) {
  sampler.start_epoch(epoch);
  Rows rows;
  for (std::int64_t b = 0; b < sampler.batches_per_epoch(); ++b) {
    for (const std::int32_t row : sampler.batch(b).to_host<std::int32_t>()) rows.push_back(row);
  }
  return rows;
}

TEST_P(BatchSamplerTest, EveryRowOnceAnEpoch) {
  BatchSampler sampler(120, 8, 1, device());
  EXPECT_EQ(sampler.batches_per_epoch(), 15);
  Rows all(120);
  std::iota(all.begin(), all.end(), 0);
  for (const std::int64_t epoch : {0, 1, 2}) {
    Rows rows = epoch_of(sampler, epoch);
    EXPECT_NE(rows, all);
    std::sort(rows.begin(), rows.end());
    EXPECT_EQ(rows, all);
  }
}

TEST_P(BatchSamplerTest, SeedAndEpochDecide) {
  BatchSampler a(100, 10, 1, device()), same(100, 10, 1, device()), other(100, 10, 2, device());
  const Rows first = epoch_of(a, 0), second = epoch_of(a, 1);
  EXPECT_NE(first, second);
  EXPECT_EQ(epoch_of(same, 1), second);
  EXPECT_EQ(epoch_of(same, 0), first);
  EXPECT_NE(epoch_of(other, 0), first);
}

TEST_P(BatchSamplerTest, RowsThatDoNotFillABatchDifferByEpoch) {
  BatchSampler sampler(10, 4, 1, device());
  EXPECT_EQ(sampler.batches_per_epoch(), 2);
  std::vector<bool> seen(10, false);
  for (int epoch = 0; epoch < 20; ++epoch) {
    Rows rows = epoch_of(sampler, epoch);
    std::sort(rows.begin(), rows.end());
    EXPECT_EQ(std::unique(rows.begin(), rows.end()), rows.end());
    for (const std::int32_t row : rows) seen.at(static_cast<std::size_t>(row)) = true;
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), true), 10);
}

// Each row comes first about equally often.
TEST_P(BatchSamplerTest, NoRowIsPreferred) {
  BatchSampler sampler(4, 1, 9, device());
  std::vector<int> first(4);
  for (int epoch = 0; epoch < 400; ++epoch) {
    sampler.start_epoch(epoch);
    ++first.at(static_cast<std::size_t>(sampler.batch(0).to_host<std::int32_t>()[0]));
  }
  for (const int count : first) EXPECT_NEAR(count, 100, 45);
}

TEST_P(BatchSamplerTest, OneBatchOfEverything) {
  BatchSampler sampler(5, 5, 1, device());
  Rows rows = epoch_of(sampler, 0);
  std::sort(rows.begin(), rows.end());
  EXPECT_EQ(rows, (Rows{0, 1, 2, 3, 4}));
  BatchSampler single(1, 1, 1, device());
  EXPECT_EQ(epoch_of(single, 3), Rows{0});
}

TEST_P(BatchSamplerTest, BatchesKeepTheirEpoch) {
  BatchSampler sampler(64, 64, 1, device());
  const Tensor batch = sampler.batch(0);
  const Rows rows = batch.to_host<std::int32_t>();
  sampler.start_epoch(1);
  EXPECT_EQ(batch.to_host<std::int32_t>(), rows);
}

TEST_P(BatchSamplerTest, Errors) {
  const auto make = [&](std::int64_t rows, std::int64_t batch) {
    BatchSampler sampler(rows, batch, 1, device());
  };
  expect_error([&] { make(10, 0); },
               "batch size 0 is not between 1 and the 10 rows of the data set");
  expect_error([&] { make(10, 11); },
               "batch size 11 is not between 1 and the 10 rows of the data set");
  expect_error([&] { make(0, 1); }, "batch size 1 is not between 1 and the 0 rows of the data set");
  expect_error([&] { make(std::int64_t{1} << 31, 1); },
               "a data set of 2147483648 rows is too large");
  const BatchSampler sampler(10, 5, 1, device());
  EXPECT_THROW(sampler.batch(2), Error);
  EXPECT_THROW(sampler.batch(-1), Error);
}

KILN_ON_EVERY_FLOAT_PLACE(BatchSamplerTest);

}  // namespace
}  // namespace kiln::test
