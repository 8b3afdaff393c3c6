// SPDX-License-Identifier: MIT
#include "apps/run_results.h"

#include <fmt/core.h>

#include <string_view>
#include <system_error>

#include "apps/numbered_name.h"
#include "engine/io/file.h"

namespace kiln::apps {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "epoch_";
constexpr std::string_view kSuffix = ".png";

bool is_epoch_picture(std::string_view name) { return is_numbered_name(name, kPrefix, 4, kSuffix); }

}  // namespace

RunResults::RunResults(const fs::path& folder, const std::vector<std::string>& model_names)
    : folder(folder) {
  for (const std::string& name : model_names) models.push_back(folder / name);
}

fs::path RunResults::epoch_picture(std::int64_t epoch) const {
  return epoch_pictures / fmt::format("{}{:04}{}", kPrefix, epoch, kSuffix);
}

void RunResults::remove_models_and_pictures() const noexcept {
  std::error_code ignored;
  for (const fs::path& model : models) fs::remove(model, ignored);
  fs::remove(picture, ignored);
  std::error_code end;
  for (fs::directory_iterator entry(epoch_pictures, end); !end && entry != fs::directory_iterator();
       entry.increment(end)) {
    if (is_epoch_picture(entry->path().filename().native())) fs::remove(entry->path(), ignored);
  }
}

void RunResults::remove_events() const noexcept {
  std::error_code ignored;
  fs::remove(events, ignored);
}

void RunResults::remove_all() const noexcept {
  remove_models_and_pictures();
  remove_events();
  std::error_code ignored;
  fs::remove(metrics, ignored);
}

void RunResults::remove_temporaries() const noexcept {
  for (const fs::path& place : {folder, epoch_pictures, checkpoints}) {
    remove_left_temporaries(place);
  }
}

}  // namespace kiln::apps
