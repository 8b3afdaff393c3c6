// SPDX-License-Identifier: MIT
// Names that a run numbers its files by: epoch_0001.png, step_000000937.safetensors.
#pragma once

#include <algorithm>
#include <string_view>

namespace kiln::apps {

// Whether `name` is prefix, at least so many digits, suffix.
inline bool is_numbered_name(std::string_view name, std::string_view prefix, std::size_t digits,
                             std::string_view suffix) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return false;
  if (name.size() < prefix.size() + digits + suffix.size()) return false;
  name.remove_prefix(prefix.size());
  name.remove_suffix(suffix.size());
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace kiln::apps
