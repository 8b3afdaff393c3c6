// SPDX-License-Identifier: MIT
#include "apps/output_folder.h"

#include <system_error>

#include "engine/io/file.h"
#include "kernels/error.h"

namespace kiln::apps {

namespace fs = std::filesystem;

OutputFolder::OutputFolder(const fs::path& path) : path_(path) {
  try {
    make(path);
    // A file that comes and goes shows now what a first result would show after minutes of work.
    const AtomicFile probe(path / "write_test");
  } catch (...) {
    remove_empty();
    throw;
  }
}

OutputFolder::~OutputFolder() { remove_empty(); }

fs::path OutputFolder::subfolder(const std::string& name) {
  make(path_ / name);
  return path_ / name;
}

void OutputFolder::make(const fs::path& folder) {
  std::error_code error;
  if (fs::is_directory(folder, error)) return;
  if (folder.has_parent_path() && folder.parent_path() != folder) make(folder.parent_path());
  if (fs::create_directory(folder, error)) made_.push_back(folder);
  if (error) {
    throw Error(folder.string() + ": cannot make the output folder: " + error.message());
  }
}

// Removing a folder that is not empty fails, which is what is wanted.
void OutputFolder::remove_empty() noexcept {
  std::error_code ignored;
  for (auto it = made_.rbegin(); it != made_.rend(); ++it) fs::remove(*it, ignored);
}

}  // namespace kiln::apps
