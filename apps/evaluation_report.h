// SPDX-License-Identifier: MIT
// An Evaluation for people, and for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "apps/evaluation.h"

namespace kiln::apps {

// A line a metric, with the samples' value and the real images'.
std::string evaluation_table(const Evaluation& evaluation);

// {"count": n, "classifier_accuracy": ..., "samples": {"frechet_distance": ...}, "real": {...}}
nlohmann::ordered_json evaluation_json(const Evaluation& evaluation);

}  // namespace kiln::apps
