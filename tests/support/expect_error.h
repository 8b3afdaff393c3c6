// SPDX-License-Identifier: MIT
// An exception's exact words.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "kernels/error.h"

namespace kiln::test {

// f() throws a kiln::Error that says `message`.
template <class F>
void expect_error(F&& f, const std::string& message) {
  try {
    f();
    ADD_FAILURE() << "nothing was thrown; expected: " << message;
  } catch (const Error& error) {
    EXPECT_EQ(error.what(), message);
  }
}

}  // namespace kiln::test
