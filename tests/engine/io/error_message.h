// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "kernels/error.h"

namespace kiln::test {

// What the Error that `action` throws says; it must be one line.
template <class Action>
std::string error_message(Action action) {
  try {
    action();
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.find_first_of("\n\r\x1b"), std::string::npos) << message;
    return message;
  }
  return "no error";
}

}  // namespace kiln::test
