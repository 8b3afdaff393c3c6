// SPDX-License-Identifier: MIT
// A TensorProto as a Constant.
#pragma once

#include <protozero/data_view.hpp>
#include <string>

#include "engine/onnx/model.h"

namespace kiln::onnx {

// `what` names it in messages: "initializer", "attribute". Errors: another type than float, int32
// and int64; data outside the file; sizes that do not fit the data, found before memory is asked
// for.
Constant constant_from(const std::string& what, protozero::data_view message);

}  // namespace kiln::onnx
