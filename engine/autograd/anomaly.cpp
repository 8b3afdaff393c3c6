// SPDX-License-Identifier: MIT
#include "engine/autograd/anomaly.h"

#include <span>
#include <string>
#include <vector>

#include "engine/all_finite.h"

namespace kiln {
namespace {

thread_local bool detects_on_this_thread = false;

template <class T>
bool all_finite_of(const Tensor& tensor) {
  const std::vector<T> values = tensor.to_host<T>();
  return all_finite(std::span<const T>(values));
}

}  // namespace

bool anomaly_detection_enabled() { return detects_on_this_thread; }

AnomalyGuard::AnomalyGuard() : previous_(detects_on_this_thread) { detects_on_this_thread = true; }

AnomalyGuard::~AnomalyGuard() { detects_on_this_thread = previous_; }

bool all_finite(const Tensor& tensor) {
  switch (tensor.dtype()) {
    case DType::float32:
      return all_finite_of<float>(tensor);
    case DType::float64:
      return all_finite_of<double>(tensor);
    default:
      return true;
  }
}

void detect_anomaly(const char* what, const char* op, const Tensor& tensor) {
  if (!detects_on_this_thread || all_finite(tensor)) return;
  throw NotFiniteError(std::string(what) + " of '" + op + "' is not finite");
}

}  // namespace kiln
