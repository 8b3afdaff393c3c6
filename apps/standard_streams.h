// SPDX-License-Identifier: MIT
#pragma once

namespace kiln::apps {

// Call first. A standard stream that the caller closed becomes /dev/null: otherwise the next file
// opened, a result, would take its number and receive what is printed. A pipe whose reader has gone
// and a file over the size limit then fail as writes do, instead of killing the program.
void prepare_standard_streams();

}  // namespace kiln::apps
