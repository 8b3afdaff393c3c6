// SPDX-License-Identifier: MIT
// Labelled rows from CSV.
#include "engine/data/csv_rows.h"
#include "tests/fuzz/fuzz_target.h"

using namespace kiln;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::expect_read_or_error({data, size}, [](const std::string& path) {
    const RowSet rows = read_csv_rows(path, fuzz::kMostBytes);
    fuzz::require(static_cast<std::int64_t>(rows.values.size()) == rows.count() * rows.row_size(),
                  "the numbers are not those of the rows");
    fuzz::touch(rows.values);
    fuzz::touch(rows.labels);
  });
  return 0;
}
