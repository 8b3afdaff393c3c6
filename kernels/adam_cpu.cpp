// SPDX-License-Identifier: MIT
#include "kernels/adam.h"
#include "kernels/parameter_update_cpu.h"

namespace kiln::kernels {

template <class T>
void update(CpuStream, const AdamConfig& config, AdamState<T>* state,
            const ParameterArrays<T>& arrays) {
  update_parameters(AdamRule<T>(config), *state, arrays);
  state->advance(config);
}

template void update(CpuStream, const AdamConfig&, AdamState<float>*,
                     const ParameterArrays<float>&);
template void update(CpuStream, const AdamConfig&, AdamState<double>*,
                     const ParameterArrays<double>&);

}  // namespace kiln::kernels
