// SPDX-License-Identifier: MIT
#include "apps/fine_tuning_report.h"

#include <fmt/format.h>

namespace kiln::apps {
namespace {

std::string score_cells(const std::optional<models::ClassifierScore>& score) {
  if (!score) return fmt::format("{:>9}{:>9}", "-", "-");
  return fmt::format("{:>9.4f}{:>9.2f}", score->loss, 100 * score->accuracy);
}

std::string score_line(const char* name, const BeforeAndAfter& scores) {
  return fmt::format("{:<10}{}  {}\n", name, score_cells(scores.before), score_cells(scores.after));
}

nlohmann::ordered_json score_json(const BeforeAndAfter& scores) {
  nlohmann::ordered_json json;
  if (scores.before) {
    json["loss_before"] = scores.before->loss;
    json["accuracy_before"] = scores.before->accuracy;
  }
  json["loss"] = scores.after.loss;
  json["accuracy"] = scores.after.accuracy;
  return json;
}

}  // namespace

std::string fine_tuning_table(const FineTuningReport& report) {
  std::string text =
      fmt::format("{:<10}{:>18}  {:>18}\n{:<10}{:>9}{:>9}  {:>9}{:>9}\n", "", "before", "after",
                  "test set", "loss", "right %", "loss", "right %");
  text += score_line("the data", report.test);
  if (report.old_test) text += score_line("the old", *report.old_test);
  return text;
}

nlohmann::ordered_json fine_tuning_json(const FineTuningReport& report) {
  nlohmann::ordered_json json = {{"train_rows", report.train_rows},
                                 {"validation_rows", report.validation_rows},
                                 {"test_rows", report.test_rows},
                                 {"replayed_rows", report.replayed_rows},
                                 {"trained_parameters", report.trained_parameters},
                                 {"parameters", report.parameters},
                                 {"epochs", report.tuned.epochs},
                                 {"best_epoch", report.tuned.best_epoch},
                                 {"test", score_json(report.test)}};
  if (report.old_test) json["old_test"] = score_json(*report.old_test);
  return json;
}

}  // namespace kiln::apps
