// SPDX-License-Identifier: MIT
// The folder a run writes to. Made with its parents when the run begins; a run that fails before it
// has written anything there takes away the folders it made.
#pragma once

#include <filesystem>
#include <vector>

namespace kiln::apps {

class OutputFolder {
 public:
  // Errors: a path that cannot be made, is not a folder, or cannot be written in.
  explicit OutputFolder(const std::filesystem::path& path);
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;
  ~OutputFolder();

  const std::filesystem::path& path() const { return path_; }
  // A folder inside this one, made if need be.
  std::filesystem::path subfolder(const std::string& name);

 private:
  void make(const std::filesystem::path& folder);
  void remove_empty() noexcept;

  std::filesystem::path path_;
  std::vector<std::filesystem::path> made_;
};

}  // namespace kiln::apps
