// SPDX-License-Identifier: MIT
#include "kernels/parameter_update_cpu.h"
#include "kernels/rmsprop.h"

namespace kiln::kernels {

template <class T>
void update(CpuStream, const RmspropConfig& config, UpdateState<T>* state,
            const ParameterArrays<T>& arrays) {
  update_parameters(RmspropRule<T>(config), *state, arrays);
  state->advance(config);
}

template void update(CpuStream, const RmspropConfig&, UpdateState<float>*,
                     const ParameterArrays<float>&);
template void update(CpuStream, const RmspropConfig&, UpdateState<double>*,
                     const ParameterArrays<double>&);

}  // namespace kiln::kernels
