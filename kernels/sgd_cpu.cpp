// SPDX-License-Identifier: MIT
#include "kernels/parameter_update_cpu.h"
#include "kernels/sgd.h"

namespace kiln::kernels {

template <class T>
void update(CpuStream, const SgdConfig& config, UpdateState<T>* state,
            const ParameterArrays<T>& arrays) {
  update_parameters(SgdRule<T>(config), *state, arrays);
  state->advance(config);
}

template void update(CpuStream, const SgdConfig&, UpdateState<float>*,
                     const ParameterArrays<float>&);
template void update(CpuStream, const SgdConfig&, UpdateState<double>*,
                     const ParameterArrays<double>&);

}  // namespace kiln::kernels
