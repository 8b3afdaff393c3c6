// SPDX-License-Identifier: MIT
// The one exception type of Kiln. Messages are one line and name the input and the fault.
#pragma once

#include <stdexcept>

namespace kiln {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace kiln
