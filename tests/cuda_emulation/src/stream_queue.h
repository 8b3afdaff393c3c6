// SPDX-License-Identifier: MIT
// Lazy streams: queues of work that runs when something waits for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "cuda_emulation/error.h"
#include "cuda_emulation/graph.h"
#include "cuda_emulation/stream.h"

namespace cuda_emulation {

struct Capture;

/// One cudaEventRecord: done when its stream has run up to `sequence`.
struct EventRecord {
  CUstream_st* stream;
  std::uint64_t sequence;
  bool done = false;
  std::chrono::steady_clock::time_point time{};
};

struct Operation {
  std::uint64_t sequence;
  std::function<void()> run;
  std::shared_ptr<EventRecord> after;  // runs only when this record is done
};

class StreamQueues {
 public:
  CUstream_st* create(bool blocking);
  /// The stream lives on until its work has run.
  void destroy(CUstream_st* stream);
  /// The stream behind a handle, the null stream for 0 and cudaStreamLegacy; null if there is none.
  CUstream_st* find(cudaStream_t handle) const;
  CUstream_st* null_stream() const { return null_stream_; }

  /// Appends work; the number it gets grows over all streams.
  std::uint64_t push(CUstream_st* stream, std::function<void()> run,
                     std::shared_ptr<EventRecord> after = nullptr);

  void run_front(CUstream_st* stream);
  /// Runs the stream's work up to this number.
  void run_until(CUstream_st* stream, std::uint64_t sequence);
  void run_all(CUstream_st* stream) { run_until(stream, UINT64_MAX); }
  /// Runs everything, taking the streams in random turns.
  void run_everything();
  void drop_everything();
  /// Takes all streams out of a capture that ends.
  void leave_capture(const Capture* capture);

 private:
  StreamQueues();
  friend StreamQueues& streams();
  void collect();

  std::set<CUstream_st*> streams_;
  CUstream_st* null_stream_;
  std::uint64_t last_sequence_ = 0;
};

StreamQueues& streams();

}  // namespace cuda_emulation

struct CUstream_st {
  bool blocking = true;
  bool destroyed = false;
  std::deque<cuda_emulation::Operation> work;
  cuda_emulation::Capture* capture = nullptr;  // the capture that records this stream
  std::vector<std::size_t> capture_tail;       // the nodes that its next node depends on
};
