// SPDX-License-Identifier: MIT
// The rows of a file that may be larger than memory: IDX images, or an .npy of uint8 or float32
// (rows, ...). The header is held against the length of the file; rows are read when asked for.
#pragma once

#include <filesystem>

#include "engine/data/row_source.h"

namespace kiln {

// The file stays open as long as the source and its copies. Errors name the file: gzip, which
// cannot be read from the middle; no regular file; another kind of array; no rows; bytes missing or
// left over. Reading adds the row, counted from 0: a file that was cut short meanwhile, a number
// that is not finite.
RowSource open_row_file(const std::filesystem::path& path);

}  // namespace kiln
