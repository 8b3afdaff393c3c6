// SPDX-License-Identifier: MIT
// Events.
#include <algorithm>
#include <set>

#include "capture.h"
#include "runtime.h"
#include "synchronize.h"

using namespace cuda_emulation;

namespace {

std::set<cudaEvent_t>& live_events() {
  static auto* all = new std::set<cudaEvent_t>;
  return *all;
}

bool is_live(cudaEvent_t event) { return live_events().count(event) != 0; }

bool in_capture(cudaEvent_t event) { return is_active(event->capture, event->capture_id); }

/// The stream joins the capture that recorded the event.
cudaError_t join_capture(CUstream_st* stream, cudaEvent_t event) {
  if (stream == streams().null_stream()) {
    event->capture->invalidated = true;
    return cudaErrorStreamCaptureImplicit;
  }
  if (stream->capture != nullptr && stream->capture != event->capture) {
    stream->capture->invalidated = event->capture->invalidated = true;
    return cudaErrorStreamCaptureMerge;
  }
  stream->capture = event->capture;
  for (const std::size_t node : event->capture_tail) {
    auto& tail = stream->capture_tail;
    if (std::find(tail.begin(), tail.end(), node) == tail.end()) tail.push_back(node);
  }
  return cudaSuccess;
}

}  // namespace

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned int flags) {
  return api_call([&] {
    if (event == nullptr) return cudaErrorInvalidValue;
    *event = new CUevent_st;
    (*event)->timed = (flags & cudaEventDisableTiming) == 0;
    live_events().insert(*event);
    return cudaSuccess;
  });
}

cudaError_t cudaEventCreate(cudaEvent_t* event) {
  return cudaEventCreateWithFlags(event, cudaEventDefault);
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  return api_call([&] {
    if (live_events().erase(event) == 0) return cudaErrorInvalidResourceHandle;
    delete event;
    return cudaSuccess;
  });
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t handle) {
  return api_call([&] {
    CUstream_st* stream = streams().find(handle);
    if (stream == nullptr || !is_live(event)) return cudaErrorInvalidResourceHandle;
    if (stream->capture != nullptr) {
      if (stream->capture->invalidated) return cudaErrorStreamCaptureInvalidated;
      event->capture = stream->capture;
      event->capture_id = stream->capture->id;
      event->capture_tail = stream->capture_tail;
      return cudaSuccess;
    }
    auto record = std::make_shared<EventRecord>();
    const cudaError_t error = enqueue(handle, cudaGraphNodeTypeEmpty, [record] {
      record->done = true;
      record->time = std::chrono::steady_clock::now();
    });
    if (error != cudaSuccess) return error;
    record->stream = stream;
    record->sequence = stream->work.back().sequence;
    event->capture = nullptr;
    event->record = std::move(record);
    return cudaSuccess;
  });
}

cudaError_t cudaStreamWaitEvent(cudaStream_t handle, cudaEvent_t event, unsigned int) {
  return api_call([&] {
    CUstream_st* stream = streams().find(handle);
    if (stream == nullptr || !is_live(event)) return cudaErrorInvalidResourceHandle;
    if (in_capture(event)) return join_capture(stream, event);
    if (stream->capture != nullptr) {
      stream->capture->invalidated = true;
      return cudaErrorStreamCaptureIsolation;
    }
    if (event->record != nullptr) streams().push(stream, nullptr, event->record);
    return cudaSuccess;
  });
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  return api_call([&] {
    if (!is_live(event)) return cudaErrorInvalidResourceHandle;
    if (in_capture(event)) {
      event->capture->invalidated = true;
      return cudaErrorCapturedEvent;
    }
    if (event->record != nullptr && !event->record->done) {
      streams().run_until(event->record->stream, event->record->sequence);
    }
    return after_waiting();
  });
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  return api_call([&] {
    if (!is_live(event)) return cudaErrorInvalidResourceHandle;
    if (in_capture(event)) {
      event->capture->invalidated = true;
      return cudaErrorCapturedEvent;
    }
    if (event->record == nullptr || event->record->done) return cudaSuccess;
    streams().run_front(event->record->stream);
    return sticky_error() != cudaSuccess ? sticky_error() : cudaErrorNotReady;
  });
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t stop) {
  return api_call([&] {
    if (!is_live(start) || !is_live(stop) || !start->timed || !stop->timed) {
      return cudaErrorInvalidResourceHandle;
    }
    if (start->record == nullptr || stop->record == nullptr) return cudaErrorInvalidResourceHandle;
    if (!start->record->done || !stop->record->done) return cudaErrorNotReady;
    *milliseconds =
        std::chrono::duration<float, std::milli>(stop->record->time - start->record->time).count();
    return cudaSuccess;
  });
}
