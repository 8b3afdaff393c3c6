// SPDX-License-Identifier: MIT
#include "engine/data/read_ahead.h"

#include <utility>

#include "kernels/error.h"

namespace kiln {

ReadAhead::ReadAhead(RowSource source, std::vector<std::int32_t> rows, std::int64_t batch_size,
                     std::size_t depth)
    : source_(std::move(source)),
      rows_(std::move(rows)),
      batch_size_(static_cast<std::size_t>(batch_size)),
      num_batches_(rows_.size() / batch_size_),
      slots_(depth + 1, std::vector<std::uint8_t>(batch_size_ * source_.row_bytes())),
      thread_([this](const std::stop_token& stop) { read_batches(stop); }) {}

std::span<const std::uint8_t> ReadAhead::next() {
  std::unique_lock lock(mutex_);
  if (num_taken_ == num_batches_) throw Error("[read_ahead] no batch is left");
  changed_.wait(lock, [this] { return num_read_ > num_taken_ || failure_; });
  if (num_read_ == num_taken_) std::rethrow_exception(failure_);
  const auto& slot = slots_[num_taken_ % slots_.size()];
  ++num_taken_;
  changed_.notify_all();
  return slot;
}

void ReadAhead::read_batches(const std::stop_token& stop) {
  try {
    for (std::size_t batch = 0; batch < num_batches_; ++batch) {
      if (!wait_for_room(batch, stop) || !read_batch(batch, stop)) return;
      const std::lock_guard lock(mutex_);
      ++num_read_;
      changed_.notify_all();
    }
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
    changed_.notify_all();
  }
}

// The batch that was taken last is still in use. False where the thread is to end.
bool ReadAhead::wait_for_room(std::size_t batch, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  return changed_.wait(lock, stop, [&] { return batch + 1 < num_taken_ + slots_.size(); });
}

bool ReadAhead::read_batch(std::size_t batch, const std::stop_token& stop) {
  const std::size_t row_bytes = source_.row_bytes();
  const std::span<std::uint8_t> slot = slots_[batch % slots_.size()];
  for (std::size_t i = 0; i < batch_size_; ++i) {
    if (stop.stop_requested()) return false;
    source_.read(rows_[batch * batch_size_ + i], slot.subspan(i * row_bytes, row_bytes));
  }
  return true;
}

}  // namespace kiln
