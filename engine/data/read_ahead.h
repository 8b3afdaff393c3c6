// SPDX-License-Identifier: MIT
// Batches of rows read ahead of their use by a thread, so that the disk works while the device
// does.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <span>
#include <stop_token>
#include <thread>
#include <vector>

#include "engine/data/row_source.h"

namespace kiln {

class ReadAhead {
 public:
  // Reads the source's rows of these numbers, batch by batch; those that fill no whole batch are
  // left out. At most `depth` batches, at least 1, are held beside the one in use.
  ReadAhead(RowSource source, std::vector<std::int32_t> rows, std::int64_t batch_size,
            std::size_t depth);
  ReadAhead(const ReadAhead&) = delete;  // the thread refers to this
  ReadAhead& operator=(const ReadAhead&) = delete;
  ~ReadAhead() = default;  // ends the thread after the row that it reads

  // The bytes of the next batch, (batch_size, row), which stay until the next call. Waits for the
  // thread. Errors: what the source threw at this batch, now and at any later call; no batch left.
  std::span<const std::uint8_t> next();

 private:
  void read_batches(const std::stop_token& stop);
  bool wait_for_room(std::size_t batch, const std::stop_token& stop);
  bool read_batch(std::size_t batch, const std::stop_token& stop);

  RowSource source_;
  std::vector<std::int32_t> rows_;
  std::size_t batch_size_;
  std::size_t num_batches_;
  std::vector<std::vector<std::uint8_t>> slots_;  // batch b is in slot b % slots
  std::mutex mutex_;                              // of what follows
  std::condition_variable_any changed_;
  std::size_t num_read_ = 0;
  std::size_t num_taken_ = 0;
  std::exception_ptr failure_;
  std::jthread thread_;  // goes first
};

}  // namespace kiln
