// SPDX-License-Identifier: MIT
// What fine-tuning did to a classifier, as a table and as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "models/classifier/fine_tuning.h"

namespace kiln::apps {

struct BeforeAndAfter {
  // None where the network before had another number of classes than the data.
  std::optional<models::ClassifierScore> before;
  models::ClassifierScore after;
};

struct FineTuningReport {
  std::int64_t train_rows = 0, validation_rows = 0, test_rows = 0;
  std::int64_t replayed_rows = 0;
  std::int64_t trained_parameters = 0, parameters = 0;
  models::FineTuned tuned;
  BeforeAndAfter test;
  std::optional<BeforeAndAfter> old_test;  // of the data that were replayed
};

std::string fine_tuning_table(const FineTuningReport& report);
nlohmann::ordered_json fine_tuning_json(const FineTuningReport& report);

}  // namespace kiln::apps
