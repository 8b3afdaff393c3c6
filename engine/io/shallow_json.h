// SPDX-License-Identifier: MIT
// JSON from outside as a document. The library copies and prints documents by recursion, and looks
// for the keys of an ordered object one by one: so depth and length are bounded.
#pragma once

#include <string_view>

#include "kernels/error.h"

namespace kiln {

// Json: one of nlohmann's types. Errors: more than 16 levels, or 16384 keys, values and brackets;
// the library's own where the text is no JSON.
template <class Json>
Json parse_shallow_json(std::string_view text) {
  constexpr int kMostLevels = 16;
  constexpr int kMostParts = 1 << 14;
  int parts = 0;
  return Json::parse(text, [&](int level, typename Json::parse_event_t, Json&) {
    if (level > kMostLevels) throw Error("JSON is nested too deeply");
    if (++parts > kMostParts) throw Error("JSON has too many parts");
    return true;
  });
}

}  // namespace kiln
