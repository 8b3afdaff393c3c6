// SPDX-License-Identifier: MIT
#include "apps/data_path.h"

#include <system_error>

namespace kiln::apps {

namespace fs = std::filesystem;

fs::path data_path(const std::string& name) {
  std::error_code error;
  fs::path in_working_folder = fs::path("data") / name;
  if (fs::exists(in_working_folder, error)) return in_working_folder;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  fs::path installed = program.parent_path().parent_path() / "share" / "kiln" / name;
  return fs::exists(installed, error) ? installed : in_working_folder;
}

}  // namespace kiln::apps
