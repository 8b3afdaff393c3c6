// SPDX-License-Identifier: MIT
// float: Kiln's own kernels for a matrix and a vector, for small batches on CPUs with AVX-512
// and, where the CPU has it, in bf16; else one oneDNN matmul primitive a shape, made once and kept.
// double (gradient checks): loops.
#include <map>
#include <tuple>
#include <type_traits>

#include "kernels/gemm.h"
#include "kernels/gemm_amx_cpu.h"
#include "kernels/gemm_avx512_cpu.h"
#include "kernels/gemm_bf16_cpu.h"
#include "kernels/gemv_cpu.h"
#include "kernels/onednn.h"
#include "kernels/parallel_cpu.h"
#include "kernels/vector.h"

namespace kiln::kernels {
namespace {

using dnnl::memory;

memory::desc matrix(std::int64_t rows, std::int64_t cols, bool transposed) {
  const memory::dims strides = transposed ? memory::dims{1, rows} : memory::dims{cols, 1};
  return {{rows, cols}, memory::data_type::f32, strides};
}

// A primitive with its memory objects; only the data pointers change from call to call.
struct Matmul {
  dnnl::matmul primitive;
  memory a, b, c, bias;
  bool has_bias;

  explicit Matmul(const GemmArgs<float>& args) : has_bias(args.bias != nullptr) {
    dnnl::post_ops ops;
    if (args.accumulate) ops.append_sum(1.0f);
    append_activation(ops, args.activation);
    dnnl::primitive_attr attributes;
    attributes.set_post_ops(ops);
    const memory::desc a_desc = matrix(args.m, args.k, args.transpose_a);
    const memory::desc b_desc = matrix(args.k, args.n, args.transpose_b);
    const memory::desc c_desc = matrix(args.m, args.n, false);
    const memory::desc bias_desc = has_bias ? matrix(1, args.n, false) : memory::desc();
    primitive = dnnl::matmul(matmul_description(a_desc, b_desc, bias_desc, c_desc, attributes));
    const dnnl::engine& engine = onednn_engine();
    a = memory(a_desc, engine, nullptr);
    b = memory(b_desc, engine, nullptr);
    c = memory(c_desc, engine, nullptr);
    if (has_bias) bias = memory(bias_desc, engine, nullptr);
  }

  void run(const GemmArgs<float>& args) {
    a.set_data_handle(const_cast<float*>(args.a));
    b.set_data_handle(const_cast<float*>(args.b));
    c.set_data_handle(args.c);
    std::unordered_map<int, memory> arguments = {
        {DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}};
    if (has_bias) {
      bias.set_data_handle(const_cast<float*>(args.bias));
      arguments.emplace(DNNL_ARG_BIAS, bias);
    }
    dnnl::stream stream(onednn_engine());
    primitive.execute(stream, arguments);
    stream.wait();
  }
};

bool multiply_bf16(const GemmArgs<float>& args) {
  return gemm_amx(args) || (cpu_multiplies_bf16_fast() && gemm_bf16(args));
}

void multiply(const GemmArgs<float>& args) {
  if (gemv(args)) return;
  if (args.precision == Precision::bf16 && multiply_bf16(args)) return;
  if (gemm_avx512_is_faster(args) && gemm_avx512(args)) return;
  // A primitive is compiled for a team size; its scratch memory is not to be shared by threads.
  const auto key = std::make_tuple(args.m, args.n, args.k, args.transpose_a, args.transpose_b,
                                   args.accumulate, args.bias != nullptr, args.activation.kind,
                                   args.activation.slope, team_size());
  thread_local std::map<std::remove_const_t<decltype(key)>, Matmul> cache;
  auto found = cache.find(key);
  if (found == cache.end()) found = cache.emplace(key, Matmul(args)).first;
  found->second.run(args);
}

void multiply(const GemmArgs<double>& args) {
  const std::int64_t a_row = args.transpose_a ? 1 : args.k, a_col = args.transpose_a ? args.m : 1;
  const std::int64_t b_row = args.transpose_b ? 1 : args.n, b_col = args.transpose_b ? args.k : 1;
  with_activation(args.activation, [&](auto op) {
    parallel_for(args.m * args.n, 4096, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const double* a = args.a + i / args.n * a_row;
        const double* b = args.b + i % args.n * b_col;
        double sum = args.bias != nullptr ? args.bias[i % args.n] : 0;
        for (std::int64_t p = 0; p < args.k; ++p) sum += a[p * a_col] * b[p * b_row];
        args.c[i] = args.accumulate ? args.c[i] + sum : op.forward(sum);
      }
    });
  });
}

// oneDNN has no product over nothing.
template <class T>
void empty_product(const GemmArgs<T>& args) {
  if (args.accumulate) return;
  with_activation(args.activation, [&](auto op) {
    for (std::int64_t i = 0; i < args.m * args.n; ++i) {
      args.c[i] = op.forward(args.bias != nullptr ? args.bias[i % args.n] : T(0));
    }
  });
}

}  // namespace

template <class T>
void gemm(CpuStream, const GemmArgs<T>& args) {
  if (args.m == 0 || args.n == 0) return;
  if (args.k == 0) return empty_product(args);
  multiply(args);
}

template void gemm(CpuStream, const GemmArgs<float>&);
template void gemm(CpuStream, const GemmArgs<double>&);

}  // namespace kiln::kernels
