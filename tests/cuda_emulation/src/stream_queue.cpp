// SPDX-License-Identifier: MIT
// Running the work of streams.
#include "stream_queue.h"

#include <algorithm>

#include "random.h"
#include "runtime.h"

namespace cuda_emulation {

StreamQueues& streams() {
  static auto* queues = new StreamQueues;
  return *queues;
}

StreamQueues::StreamQueues() : null_stream_(create(true)) {}

CUstream_st* StreamQueues::create(bool blocking) {
  auto* stream = new CUstream_st;
  stream->blocking = blocking;
  streams_.insert(stream);
  return stream;
}

void StreamQueues::destroy(CUstream_st* stream) {
  stream->destroyed = true;
  collect();
}

CUstream_st* StreamQueues::find(cudaStream_t handle) const {
  if (handle == nullptr || handle == cudaStreamLegacy) return null_stream_;
  return streams_.count(handle) != 0 && !handle->destroyed && handle != null_stream_ ? handle
                                                                                     : nullptr;
}

std::uint64_t StreamQueues::push(CUstream_st* stream, std::function<void()> run,
                                 std::shared_ptr<EventRecord> after) {
  stream->work.push_back({++last_sequence_, std::move(run), std::move(after)});
  return last_sequence_;
}

void StreamQueues::run_front(CUstream_st* stream) {
  Operation operation = std::move(stream->work.front());
  stream->work.pop_front();
  // The null stream and the blocking streams wait for each other.
  if (stream == null_stream_) {
    for (CUstream_st* other : streams_) {
      if (other->blocking && other != stream) run_until(other, operation.sequence);
    }
  } else if (stream->blocking) {
    run_until(null_stream_, operation.sequence);
  }
  if (operation.after != nullptr && !operation.after->done) {
    run_until(operation.after->stream, operation.after->sequence);
  }
  if (sticky_error() != cudaSuccess) return;
  device_is_running() = true;
  if (operation.run) operation.run();
  device_is_running() = false;
}

void StreamQueues::run_until(CUstream_st* stream, std::uint64_t sequence) {
  if (streams_.count(stream) == 0) return;  // destroyed: its work has run or was dropped
  while (!stream->work.empty() && stream->work.front().sequence <= sequence) run_front(stream);
}

void StreamQueues::run_everything() {
  std::vector<CUstream_st*> busy;
  for (;;) {
    busy.clear();
    for (CUstream_st* stream : streams_) {
      if (!stream->work.empty()) busy.push_back(stream);
    }
    if (busy.empty()) break;
    run_front(busy[schedule_random().below(static_cast<std::uint32_t>(busy.size()))]);
  }
  collect();
}

void StreamQueues::drop_everything() {
  for (CUstream_st* stream : streams_) stream->work.clear();
  collect();
}

void StreamQueues::leave_capture(const Capture* capture) {
  for (CUstream_st* stream : streams_) {
    if (stream->capture != capture) continue;
    stream->capture = nullptr;
    stream->capture_tail.clear();
  }
}

void StreamQueues::collect() {
  std::erase_if(streams_, [](CUstream_st* stream) {
    const bool done = stream->destroyed && stream->work.empty();
    if (done) delete stream;
    return done;
  });
}

}  // namespace cuda_emulation
