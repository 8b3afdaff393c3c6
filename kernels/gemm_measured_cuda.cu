// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "kernels/cuda_device.h"
#include "kernels/cuda_graph.h"
#include "kernels/gemm_choice_file.h"
#include "kernels/gemm_measured_cuda.h"
#include "kernels/launch.h"

namespace kiln::kernels {
namespace {

// ---- measuring

struct DestroyEvent {
  void operator()(cudaEvent_t event) const { cudaEventDestroy(event); }
};
using Event = std::unique_ptr<std::remove_pointer_t<cudaEvent_t>, DestroyEvent>;

struct FreeMemory {
  void operator()(float* memory) const { cuda_free(memory); }
};

class Stopwatch {
 public:
  void start(CudaStream stream) { record(start_, stream); }
  void stop(CudaStream stream) { record(stop_, stream); }
  double microseconds() const {
    float milliseconds = 0;
    check_cuda(cudaEventElapsedTime(&milliseconds, start_.get(), stop_.get()), "gemm");
    return 1000.0 * static_cast<double>(milliseconds);
  }

 private:
  static void record(Event& event, CudaStream stream) {
    cudaEvent_t created = nullptr;
    check_cuda(cudaEventCreate(&created), "gemm");
    event.reset(created);
    check_cuda(cudaEventRecord(created, native(stream)), "gemm");
  }

  Event start_, stop_;
};

constexpr int kSamples = 5;
constexpr int kCalls = 8;  // in a sample: one product of a small layer is shorter than a clock tick

double median_call_us(std::array<Stopwatch, kSamples>& samples) {
  std::array<double, kSamples> times;
  for (std::size_t i = 0; i < kSamples; ++i) times[i] = samples[i].microseconds() / kCalls;
  std::sort(times.begin(), times.end());
  return times[kSamples / 2];
}

// The calls of a sample are a graph, as they are in a captured step: otherwise what it takes the
// host to launch a short product would decide.
GemmChoice measure(CudaStream stream, std::int64_t output_floats, const RunGemm& run) {
  const auto bytes = static_cast<std::size_t>(output_floats) * sizeof(float);
  const std::unique_ptr<float, FreeMemory> output(static_cast<float*>(cuda_allocate(bytes)));
  check_cuda(cudaMemsetAsync(output.get(), 0, bytes, native(stream)), "gemm");
  const auto graph_of = [&](GemmBackend backend) {
    run(backend, output.get());  // cuBLASLt plans and allocates at its first call
    return CudaGraph(stream, [&] {
      for (int i = 0; i < kCalls; ++i) run(backend, output.get());
    });
  };
  const CudaGraph kiln = graph_of(GemmBackend::kiln), cublas = graph_of(GemmBackend::cublas);
  kiln.launch();
  cublas.launch();
  std::array<Stopwatch, kSamples> kiln_times, cublas_times;
  const auto time = [&](const CudaGraph& graph, Stopwatch& stopwatch) {
    stopwatch.start(stream);
    graph.launch();
    stopwatch.stop(stream);
  };
  for (std::size_t i = 0; i < kSamples; ++i) {  // in turns: clocks and neighbours change
    time(kiln, kiln_times[i]);
    time(cublas, cublas_times[i]);
  }
  cuda_synchronize(stream);
  GemmChoice choice;
  choice.kiln_us = median_call_us(kiln_times);
  choice.cublas_us = median_call_us(cublas_times);
  if (choice.cublas_us < choice.kiln_us) choice.winner = GemmBackend::cublas;
  return choice;
}

// ---- remembering

bool is_logging() {
  static const bool logging = [] {
    const char* const setting = std::getenv("KILN_GEMM_LOG");
    return setting != nullptr && std::string_view(setting) != "" &&
           std::string_view(setting) != "0";
  }();
  return logging;
}

void say(const std::string& line) { std::fprintf(stderr, "kiln: %s\n", line.c_str()); }

// The choices for one kind of GPU.
class Table {
 public:
  explicit Table(std::string path) : path_(std::move(path)) {
    if (path_.empty()) return;
    GemmChoiceFile file = read_gemm_choices(path_);
    choices_ = std::move(file.choices);
    if (file.ignored_lines > 0) {
      say("warning: " + path_ + ": " + std::to_string(file.ignored_lines) +
          " lines are not choices of a matrix product and are ignored");
    }
    if (is_logging() && !choices_.empty()) {
      say("gemm: " + std::to_string(choices_.size()) + " choices read from " + path_);
    }
  }

  GemmBackend choose(CudaStream stream, const GemmKey& key, std::int64_t output_floats,
                     const RunGemm& run) {
    const std::lock_guard lock(
        mutex_);  // while measuring too: two threads would disturb each other
    const auto found = choices_.find(key);
    if (found != choices_.end()) return found->second.winner;
    cudaStreamCaptureStatus capture = cudaStreamCaptureStatusNone;
    check_cuda(cudaStreamIsCapturing(native(stream), &capture), "gemm");
    if (capture != cudaStreamCaptureStatusNone) return GemmBackend::kiln;
    GemmChoice choice;
    try {
      choice = measure(stream, output_floats, run);
    } catch (const Error& error) {
      say(std::string("warning: a matrix product could not be measured, Kiln's kernel runs it: ") +
          error.what());
      choices_.emplace(key, choice);
      return choice.winner;
    }
    choices_.emplace(key, choice);
    if (is_logging()) say("gemm: measured " + gemm_choice_line(key, choice));
    save({{key, choice}});
    return choice.winner;
  }

 private:
  void save(const GemmChoices& choices) {
    if (path_.empty() || has_warned_) return;
    const std::string fault = add_to_gemm_choices(path_, choices);
    if (fault.empty()) return;
    has_warned_ = true;
    say("warning: " + path_ + ": choices of matrix products cannot be kept: " + fault);
  }

  const std::string path_;
  std::mutex mutex_;
  GemmChoices choices_;
  bool has_warned_ = false;
};

std::string path_for(int device) {
  const CudaDeviceInfo info = cuda_device_info(device);
  int driver = 0;
  check_cuda(cudaDriverGetVersion(&driver), "gemm");
  return gemm_choice_path(info.name, info.major, info.minor, driver);
}

// Devices of one kind share a table, as they share a file.
Table& table_of_device(int device) {
  thread_local std::map<int, Table*> known;  // without asking the driver at every product
  if (const auto found = known.find(device); found != known.end()) return *found->second;
  static std::mutex mutex;
  static auto* const tables = new std::map<std::string, Table>;
  const std::string path = path_for(device);
  const std::lock_guard lock(mutex);
  const std::string name = path.empty() ? std::to_string(device) : path;
  Table& table = tables->try_emplace(name, path).first->second;
  known.emplace(device, &table);
  return table;
}

}  // namespace

GemmBackend measured_gemm_backend(CudaStream stream, const GemmKey& key, std::int64_t output_floats,
                                  const RunGemm& run) {
  int device = 0;
  check_cuda(cudaGetDevice(&device), "gemm");
  return table_of_device(device).choose(stream, key, output_floats, run);
}

}  // namespace kiln::kernels
