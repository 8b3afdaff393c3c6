// SPDX-License-Identifier: MIT
#include "kernels/parallel_cpu.h"
#include "kernels/row_loss.h"
#include "kernels/row_sums_cpu.h"

namespace kiln::kernels {

template <class Loss, class T>
void row_loss_forward(CpuStream, Loss loss, const RowLossArgs<T>& args, T* out) {
  parallel_for(args.rows, row_grain(args.cols), [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const T* const x = args.x + i * args.cols;
      const T* const t = args.target + i % args.target_rows * args.cols;
      out[i] = sum_of_row<T>(args.cols, [=](std::int64_t j) { return loss.value(x[j], t[j]); });
    }
  });
}

template <class Loss, class T>
void row_loss_backward(CpuStream, Loss loss, const T* dout, const RowLossArgs<T>& args, T* dx,
                       bool accumulate) {
  parallel_for(args.rows, row_grain(args.cols), [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const T* const x = args.x + i * args.cols;
      const T* const t = args.target + i % args.target_rows * args.cols;
      T* const out = dx + i * args.cols;
      const T scale = dout[i];
      const auto gradient = [=](std::int64_t j) { return scale * loss.derivative(x[j], t[j]); };
      // Two loops: a choice at each element would keep them from becoming vector instructions.
      if (accumulate) {
        for (std::int64_t j = 0; j < args.cols; ++j) out[j] += gradient(j);
      } else {
        for (std::int64_t j = 0; j < args.cols; ++j) out[j] = gradient(j);
      }
    }
  });
}

#define KILN_INSTANTIATE_TYPE(Loss, T)                                        \
  template void row_loss_forward(CpuStream, Loss, const RowLossArgs<T>&, T*); \
  template void row_loss_backward(CpuStream, Loss, const T*, const RowLossArgs<T>&, T*, bool);
#define KILN_INSTANTIATE(Loss, snake_case_name) \
  KILN_INSTANTIATE_TYPE(Loss, float)            \
  KILN_INSTANTIATE_TYPE(Loss, double)
KILN_LOSSES(KILN_INSTANTIATE)
#undef KILN_INSTANTIATE
#undef KILN_INSTANTIATE_TYPE

}  // namespace kiln::kernels
