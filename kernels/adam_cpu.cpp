// SPDX-License-Identifier: MIT
#include "kernels/adam.h"
#include "kernels/parameter_update_cpu.h"

namespace kiln::kernels {

template <class T>
void adam(CpuStream, const AdamConfig& config, AdamState<T>* state,
          const ParameterArrays<T>& arrays) {
  update_parameters(AdamRule<T>(config), *state, arrays);
  state->advance(config);
}

template void adam(CpuStream, const AdamConfig&, AdamState<float>*, const ParameterArrays<float>&);
template void adam(CpuStream, const AdamConfig&, AdamState<double>*,
                   const ParameterArrays<double>&);

}  // namespace kiln::kernels
