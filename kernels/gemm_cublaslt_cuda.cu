// SPDX-License-Identifier: MIT
// gemm.h on cuBLASLt. The library is column-major, and a row-major matrix is its transpose seen by
// columns: C^T = op(B)^T op(A)^T, so the operands change places and keep their transpose flags; a
// bias that runs along C's columns runs along the library's rows, where its epilogue wants it.
#include <cublasLt.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>
#include <type_traits>

#include "kernels/column_strip.cuh"
#include "kernels/gemm_cuda.h"
#include "kernels/gemm_plan.cuh"
#include "kernels/launch.h"

namespace kiln::kernels {

// ---- kernels

// c[i,j] = act(c[i,j] + bias[j])
template <class Act>
__global__ void bias_activation_kernel(int width_log2, Act act, const float* bias, float* c,
                                       std::int64_t rows, std::int64_t cols) {
  const StripPlace place(width_log2);
  if (place.col >= cols) return;
  const float bias_value = bias != nullptr ? bias[place.col] : 0.0f;
  for (std::int64_t i = place.row; i < rows; i += place.row_step) {
    float& element = c[i * cols + place.col];
    element = act.forward(element + bias_value);
  }
}

// ---- launchers

namespace {

void check_cublas(cublasStatus_t status, const char* call) {
  if (status != CUBLAS_STATUS_SUCCESS) {
    throw Error(std::string("[gemm] ") + call + ": " + cublasLtGetStatusString(status));
  }
}

template <class T, cublasStatus_t (*destroy)(T)>
struct Destroy {
  void operator()(T object) const { destroy(object); }
};
template <class T, cublasStatus_t (*destroy)(T)>
using Owned = std::unique_ptr<std::remove_pointer_t<T>, Destroy<T, destroy>>;
using Handle = Owned<cublasLtHandle_t, cublasLtDestroy>;
using Description = Owned<cublasLtMatmulDesc_t, cublasLtMatmulDescDestroy>;
using Layout = Owned<cublasLtMatrixLayout_t, cublasLtMatrixLayoutDestroy>;
using Preference = Owned<cublasLtMatmulPreference_t, cublasLtMatmulPreferenceDestroy>;

struct FreeMemory {
  void operator()(void* memory) const { cudaFree(memory); }
};
using DeviceMemory = std::unique_ptr<void, FreeMemory>;

// Lets this thread allocate while one of its streams is being captured, which CUDA refuses unless
// told that the memory is none of the graph's.
class AllowAllocation {
 public:
  AllowAllocation() { exchange(); }
  ~AllowAllocation() { exchange(); }
  AllowAllocation(const AllowAllocation&) = delete;
  AllowAllocation& operator=(const AllowAllocation&) = delete;

 private:
  void exchange() { cudaThreadExchangeStreamCaptureMode(&mode_); }

  cudaStreamCaptureMode mode_ = cudaStreamCaptureModeRelaxed;
};

Layout make_layout(std::int64_t rows, std::int64_t columns) {
  cublasLtMatrixLayout_t layout = nullptr;
  check_cublas(cublasLtMatrixLayoutCreate(&layout, CUDA_R_32F, rows, columns, rows),
               "cublasLtMatrixLayoutCreate");
  return Layout(layout);
}

template <class T>
void set(cublasLtMatmulDesc_t description, cublasLtMatmulDescAttributes_t attribute, T value) {
  check_cublas(cublasLtMatmulDescSetAttribute(description, attribute, &value, sizeof value),
               "cublasLtMatmulDescSetAttribute");
}

template <class T>
void set(cublasLtMatmulPreference_t preference, cublasLtMatmulPreferenceAttributes_t attribute,
         T value) {
  check_cublas(cublasLtMatmulPreferenceSetAttribute(preference, attribute, &value, sizeof value),
               "cublasLtMatmulPreferenceSetAttribute");
}

// What an algorithm may count on: the largest power of two, up to 256, that divides the address.
std::uint32_t alignment_of(const void* pointer) {
  const auto address = reinterpret_cast<std::uintptr_t>(pointer) | 256;
  return static_cast<std::uint32_t>(address & (~address + 1));
}

// One shape, ready to run: what the library calls A, B and D are our B, A and C.
struct Plan {
  Description description;
  Layout a, b, d;
  cublasLtMatmulAlgo_t algorithm;
  bool fused;  // the epilogue that was asked for is in the product
};

cublasComputeType_t compute_type(Precision precision) {
  switch (available_precision(precision)) {
    case Precision::tf32:
      return CUBLAS_COMPUTE_32F_FAST_TF32;
    case Precision::bf16:
      return CUBLAS_COMPUTE_32F_FAST_16BF;
    default:
      return CUBLAS_COMPUTE_32F;
  }
}

cublasLtEpilogue_t wanted_epilogue(const GemmArgs<float>& args, const CublasBackward& backward) {
  if (backward.row_sums != nullptr) return CUBLASLT_EPILOGUE_BGRADB;
  if (backward.relu_mask != nullptr) return CUBLASLT_EPILOGUE_DRELU;
  const bool bias = args.bias != nullptr;
  switch (args.activation.kind) {
    case ActivationKind::identity:
      return bias ? CUBLASLT_EPILOGUE_BIAS : CUBLASLT_EPILOGUE_DEFAULT;
    case ActivationKind::relu:
      return bias ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_RELU;
    default:
      return CUBLASLT_EPILOGUE_DEFAULT;
  }
}

// Sets the plan's epilogue and finds the best algorithm for it; false if there is none.
bool find_algorithm(cublasLtHandle_t handle, const GemmArgs<float>& args,
                    cublasLtEpilogue_t epilogue, std::size_t workspace_bytes, Plan& plan) {
  set(plan.description.get(), CUBLASLT_MATMUL_DESC_EPILOGUE, static_cast<std::uint32_t>(epilogue));
  cublasLtMatmulPreference_t created = nullptr;
  check_cublas(cublasLtMatmulPreferenceCreate(&created), "cublasLtMatmulPreferenceCreate");
  const Preference preference(created);
  set(created, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, std::uint64_t{workspace_bytes});
  set(created, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, alignment_of(args.b));
  set(created, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, alignment_of(args.a));
  set(created, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, alignment_of(args.c));
  set(created, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, alignment_of(args.c));
  cublasLtMatmulHeuristicResult_t result = {};
  int found = 0;
  const cublasStatus_t status =
      cublasLtMatmulAlgoGetHeuristic(handle, plan.description.get(), plan.a.get(), plan.b.get(),
                                     plan.d.get(), plan.d.get(), created, 1, &result, &found);
  if (status == CUBLAS_STATUS_NOT_SUPPORTED || found == 0) return false;
  check_cublas(status, "cublasLtMatmulAlgoGetHeuristic");
  plan.algorithm = result.algo;
  return true;
}

// The pointers of an epilogue. Their alignment counts when an algorithm is chosen.
void set_pointers(cublasLtMatmulDesc_t description, const GemmArgs<float>& args,
                  const CublasBackward& backward) {
  const float* const bias = backward.row_sums != nullptr ? backward.row_sums : args.bias;
  set(description, CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
  if (backward.relu_mask == nullptr) return;
  set(description, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, backward.relu_mask);
  set(description, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, relu_mask_row_bits(args.n));
}

Plan make_plan(cublasLtHandle_t handle, const GemmArgs<float>& args, const CublasBackward& backward,
               std::size_t workspace_bytes) {
  cublasLtMatmulDesc_t description = nullptr;
  check_cublas(cublasLtMatmulDescCreate(&description, compute_type(args.precision), CUDA_R_32F),
               "cublasLtMatmulDescCreate");
  Plan plan = {};
  plan.description.reset(description);
  plan.a = args.transpose_b ? make_layout(args.k, args.n) : make_layout(args.n, args.k);
  plan.b = args.transpose_a ? make_layout(args.m, args.k) : make_layout(args.k, args.m);
  plan.d = make_layout(args.n, args.m);
  set(description, CUBLASLT_MATMUL_DESC_TRANSA,
      std::int32_t{args.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N});
  set(description, CUBLASLT_MATMUL_DESC_TRANSB,
      std::int32_t{args.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N});
  set_pointers(description, args, backward);
  const cublasLtEpilogue_t epilogue = wanted_epilogue(args, backward);
  plan.fused = epilogue != CUBLASLT_EPILOGUE_DEFAULT &&
               find_algorithm(handle, args, epilogue, workspace_bytes, plan);
  if (!plan.fused &&
      !find_algorithm(handle, args, CUBLASLT_EPILOGUE_DEFAULT, workspace_bytes, plan)) {
    throw Error("[gemm] cuBLASLt has no algorithm for m " + std::to_string(args.m) + ", n " +
                std::to_string(args.n) + ", k " + std::to_string(args.k));
  }
  return plan;
}

// What a thread keeps for one device.
class DeviceState {
 public:
  DeviceState() {
    const AllowAllocation scope;
    cublasLtHandle_t created = nullptr;
    check_cublas(cublasLtCreate(&created), "cublasLtCreate");
    handle_.reset(created);
  }

  cublasLtHandle_t handle() const { return handle_.get(); }

  // Memory for algorithms that want some, as much as NVIDIA recommends for sm_90. Work on two
  // streams may overlap, so each has its own.
  void* workspace(cudaStream_t stream) {
    DeviceMemory& memory = workspaces_[stream];
    if (memory == nullptr) {
      const AllowAllocation scope;
      void* allocated = nullptr;
      check_cuda(cudaMalloc(&allocated, kWorkspaceBytes), "gemm");
      memory.reset(allocated);
    }
    return memory.get();
  }

  const Plan& plan(const GemmArgs<float>& args, const CublasBackward& backward) {
    const Key key = {args.m,
                     args.n,
                     args.k,
                     args.transpose_a,
                     args.transpose_b,
                     static_cast<std::int64_t>(wanted_epilogue(args, backward)),
                     static_cast<std::int64_t>(compute_type(args.precision)),
                     alignment_of(args.a),
                     alignment_of(args.b),
                     alignment_of(args.c),
                     alignment_of(args.bias),
                     alignment_of(backward.row_sums),
                     alignment_of(backward.relu_mask)};
    const auto found = plans_.find(key);
    if (found != plans_.end()) return found->second;
    return plans_.emplace(key, make_plan(handle(), args, backward, kWorkspaceBytes)).first->second;
  }

  static constexpr std::size_t kWorkspaceBytes = std::size_t{32} << 20;

 private:
  using Key = std::array<std::int64_t, 13>;

  Handle handle_;
  std::map<cudaStream_t, DeviceMemory> workspaces_;
  std::map<Key, Plan> plans_;
};

DeviceState& thread_state() {
  thread_local std::map<int, DeviceState> states;
  int device = 0;
  check_cuda(cudaGetDevice(&device), "gemm");
  return states[device];
}

const Plan& plan_of(const GemmArgs<float>& args, const CublasBackward& backward = {}) {
  const Plan& plan = thread_state().plan(args, backward);
  if (plan.fused) set_pointers(plan.description.get(), args, backward);
  return plan;
}

void multiply(CudaStream stream, const GemmArgs<float>& args, const Plan& plan) {
  DeviceState& state = thread_state();
  const float alpha = 1;
  const float beta = args.accumulate ? 1 : 0;
  check_cublas(cublasLtMatmul(state.handle(), plan.description.get(), &alpha, args.b, plan.a.get(),
                              args.a, plan.b.get(), &beta, args.c, plan.d.get(), args.c,
                              plan.d.get(), &plan.algorithm, state.workspace(native(stream)),
                              DeviceState::kWorkspaceBytes, native(stream)),
               "cublasLtMatmul");
}

}  // namespace

void gemm_cublaslt(CudaStream stream, const GemmArgs<float>& args) {
  if (args.m == 0 || args.n == 0) return;
  if (args.k > 0) {
    const Plan& plan = plan_of(args);
    multiply(stream, args, plan);
    if (plan.fused) return;
  } else if (!args.accumulate) {
    const auto bytes = static_cast<std::size_t>(args.m * args.n) * sizeof(float);
    check_cuda(cudaMemsetAsync(args.c, 0, bytes, native(stream)), "gemm");
  }
  if (args.bias == nullptr && args.activation.kind == ActivationKind::identity) return;
  with_activation(args.activation, [&](auto act) {
    launch("gemm", bias_activation_kernel<decltype(act)>, strip_grid(args.m, args.n), kBlockSize, 0,
           stream, strip_width_log2(args.n), act, args.bias, args.c, args.m, args.n);
  });
}

bool gemm_cublaslt(CudaStream stream, const GemmArgs<float>& args, const CublasBackward& backward) {
  const Plan& plan = plan_of(args, backward);
  if (plan.fused) multiply(stream, args, plan);
  return plan.fused;
}

}  // namespace kiln::kernels
