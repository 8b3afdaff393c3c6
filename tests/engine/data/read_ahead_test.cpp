// SPDX-License-Identifier: MIT
#include "engine/data/read_ahead.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>

#include "tests/support/expect_error.h"

namespace kiln::test {
namespace {

using ReadBytes = std::vector<std::uint8_t>;

// Row i is {i, 100 + i}; `bad_row` cannot be read. Counts the rows that were.
class CountedRows {
 public:
  explicit CountedRows(std::int64_t bad_row = -1) : bad_row_(bad_row) {}

  RowSource source() {
    RowSource source;
    source.count = 100;
    source.row_shape = {2};
    source.read = [this](std::int64_t row, std::span<std::uint8_t> out) {
      ++num_read_;
      if (row == bad_row_) throw Error("row " + std::to_string(row) + " is bad");
      out[0] = static_cast<std::uint8_t>(row);
      out[1] = static_cast<std::uint8_t>(100 + row);
    };
    return source;
  }
  int num_read() const { return num_read_; }
  void wait_until_read(int count) const {
    while (num_read_ < count) std::this_thread::yield();
  }

 private:
  std::int64_t bad_row_;
  std::atomic<int> num_read_ = 0;
};

ReadBytes copied(std::span<const std::uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

TEST(ReadAhead, GivesTheBatchesInOrder) {
  for (const std::size_t depth : {1u, 2u, 3u, 9u}) {
    CountedRows rows;
    ReadAhead ahead(rows.source(), {5, 3, 9, 0, 7, 7, 1}, 2, depth);
    EXPECT_EQ(copied(ahead.next()), (ReadBytes{5, 105, 3, 103}));
    EXPECT_EQ(copied(ahead.next()), (ReadBytes{9, 109, 0, 100}));
    EXPECT_EQ(copied(ahead.next()), (ReadBytes{7, 107, 7, 107}));
    expect_error([&] { ahead.next(); }, "[read_ahead] no batch is left");
    EXPECT_EQ(rows.num_read(), 6);
  }
}

// A batch in use stays as it is while the thread reads as far as it may, and no further.
TEST(ReadAhead, ReadsSoFarAheadAndNoFurther) {
  CountedRows rows;
  ReadAhead ahead(rows.source(), {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 1, 2);
  rows.wait_until_read(2);
  for (int batch = 0; batch < 7; ++batch) {
    const auto bytes = ahead.next();
    rows.wait_until_read(batch + 3);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    EXPECT_EQ(rows.num_read(), batch + 3);
    EXPECT_EQ(bytes[0], batch);
  }
}

TEST(ReadAhead, AnErrorComesWithItsBatch) {
  CountedRows rows(3);
  ReadAhead ahead(rows.source(), {0, 1, 2, 3, 4, 5}, 2, 2);
  rows.wait_until_read(4);
  EXPECT_EQ(copied(ahead.next()), (ReadBytes{0, 100, 1, 101}));
  expect_error([&] { ahead.next(); }, "row 3 is bad");
  expect_error([&] { ahead.next(); }, "row 3 is bad");
  EXPECT_EQ(rows.num_read(), 4);
}

// Whether the thread reads, waits for room, or has failed.
TEST(ReadAhead, CanBeDroppedAtAnyTime) {
  for (int i = 0; i < 20; ++i) {
    CountedRows rows(i % 3 == 0 ? 5 : -1);
    std::optional<ReadAhead> ahead;
    ahead.emplace(rows.source(), std::vector<std::int32_t>{0, 1, 2, 3, 4, 5, 6, 7, 8}, 1, 3);
    if (i % 2 == 0) ahead->next();
    if (i % 5 == 0) rows.wait_until_read(3);
    ahead.reset();
    const int read = rows.num_read();
    std::this_thread::yield();
    EXPECT_EQ(rows.num_read(), read);
  }
}

// Not after its batch, which here takes a second.
TEST(ReadAhead, EndsAfterTheRowThatIsRead) {
  std::atomic<int> num_read = 0;
  RowSource source;
  source.count = 1000;
  source.row_shape = {1};
  source.read = [&](std::int64_t, std::span<std::uint8_t>) {
    ++num_read;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  std::optional<ReadAhead> ahead;
  ahead.emplace(source, std::vector<std::int32_t>(1000), 1000, 1);
  while (num_read == 0) std::this_thread::yield();
  ahead.reset();
  EXPECT_LT(num_read, 1000);
}

}  // namespace
}  // namespace kiln::test
