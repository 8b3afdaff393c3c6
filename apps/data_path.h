// SPDX-License-Identifier: MIT
// Where the data lie that come with Kiln: the default of the programs' options.
#pragma once

#include <filesystem>
#include <string>

namespace kiln::apps {

// data/NAME of the working folder, as in Kiln's source tree; where that is absent, share/kiln/NAME
// beside the bin/ that this program was installed to; where neither is, data/NAME.
std::filesystem::path data_path(const std::string& name);

}  // namespace kiln::apps
