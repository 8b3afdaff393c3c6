// SPDX-License-Identifier: MIT
#include "apps/output_folder.h"

#include <system_error>

#include "engine/io/file.h"
#include "kernels/error.h"

namespace kiln::apps {

namespace fs = std::filesystem;

namespace {

// A file that comes and goes shows now what the results would show after minutes of work.
void check_room(const fs::path& folder, std::uint64_t bytes) {
  AtomicFile(folder / "write_test").reserve(bytes);
}

}  // namespace

OutputFolder::OutputFolder(const fs::path& path, const fs::path& subfolder, std::uint64_t bytes) {
  try {
    make(path);
    check_room(path, bytes);
    make(subfolder);
  } catch (...) {
    remove_empty();
    throw;
  }
}

OutputFolder::~OutputFolder() { remove_empty(); }

void OutputFolder::make(const fs::path& folder) {
  std::error_code error;
  if (fs::is_directory(folder, error)) return;
  if (fs::exists(folder, error)) throw Error(folder.string() + ": not a folder");
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
