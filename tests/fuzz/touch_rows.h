// SPDX-License-Identifier: MIT
// Every row of a file that is read row by row.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/data/row_file.h"
#include "tests/fuzz/fuzz_target.h"

namespace kiln::fuzz {

inline void touch_rows(const std::string& path) {
  const RowSource rows = open_row_file(path);
  std::vector<std::uint8_t> row(rows.row_bytes());
  for (std::int64_t i = 0; i < rows.count; ++i) {
    rows.read(i, row);
    touch(row);
  }
}

}  // namespace kiln::fuzz
