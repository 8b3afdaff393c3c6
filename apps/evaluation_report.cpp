// SPDX-License-Identifier: MIT
#include "apps/evaluation_report.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace kiln::apps {
namespace {

using Json = nlohmann::ordered_json;

std::string line(const char* metric, double samples, double real, int digits, const char* note) {
  return fmt::format("{:<34}{:>10.{}f}{:>10.{}f}{}{}\n", metric, samples, digits, real, digits,
                     *note == '\0' ? "" : "   ", note);
}

std::string shares_line(const char* name, const metrics::ClassCoverage& classes) {
  std::string text = fmt::format("{:<14}", name);
  for (const double share : classes.shares) text += fmt::format("{:>6.1f}", 100 * share);
  return text + '\n';
}

Json scores_json(const Scores& scores) {
  return {{"frechet_distance", scores.frechet},
          {"classifier_score", scores.classifier_score},
          {"class_shares", scores.classes.shares},
          {"class_share_least", scores.classes.least()},
          {"class_share_most", scores.classes.most()},
          {"class_entropy", scores.classes.entropy},
          {"classes_covered", scores.classes.covered},
          {"precision", scores.precision_recall.precision},
          {"recall", scores.precision_recall.recall},
          {"nearest_training_distance", scores.nearest_training},
          {"suspiciously_near", scores.suspicious},
          {"parzen_log_likelihood", scores.parzen.mean},
          {"parzen_standard_error", scores.parzen.standard_error},
          {"parzen_sigma", scores.parzen_sigma}};
}

}  // namespace

std::string evaluation_table(const Evaluation& evaluation) {
  const Scores &samples = evaluation.samples, &real = evaluation.real;
  const auto classes = samples.classes.shares.size();
  const std::string floor = fmt::format("{:.2f} times the floor", samples.frechet / real.frechet);
  const std::string most = fmt::format("at most {:.3f}", std::log(static_cast<double>(classes)));
  std::string text = fmt::format("{:<34}{:>10}{:>10}\n", "", "samples", "real");
  text += line("Frechet distance", samples.frechet, real.frechet, 3, floor.c_str());
  text += line("classifier score", samples.classifier_score, real.classifier_score, 3,
               fmt::format("at most {}", classes).c_str());
  text += line("classes covered", static_cast<double>(samples.classes.covered),
               static_cast<double>(real.classes.covered), 0, "");
  text +=
      line("smallest class, %", 100 * samples.classes.least(), 100 * real.classes.least(), 1, "");
  text += line("largest class, %", 100 * samples.classes.most(), 100 * real.classes.most(), 1, "");
  text += line("entropy of the classes, nats", samples.classes.entropy, real.classes.entropy, 3,
               most.c_str());
  if (evaluation.as_asked) {
    text += line("taken for what was asked, %", 100 * *evaluation.as_asked,
                 100 * evaluation.accuracy, 1, "of the labels");
  }
  text += line("precision", samples.precision_recall.precision, real.precision_recall.precision, 3,
               "3 nearest neighbours");
  text += line("recall", samples.precision_recall.recall, real.precision_recall.recall, 3, "");
  text += line("distance to nearest training image", samples.nearest_training,
               real.nearest_training, 2, "");
  text += line("nearer than 99 % of real ones, %", 100 * samples.suspicious, 100 * real.suspicious,
               1, "high: copies");
  text += line("Parzen log-likelihood, nats", samples.parzen.mean, real.parzen.mean, 1,
               fmt::format("+- {:.1f}, {:.1f}; sigma {}, {}", samples.parzen.standard_error,
                           real.parzen.standard_error, samples.parzen_sigma, real.parzen_sigma)
                   .c_str());
  text += fmt::format("\n{:<14}", "classes, %");
  for (std::size_t i = 0; i < classes; ++i) text += fmt::format("{:>6}", i);
  text += '\n' + shares_line("samples", samples.classes) + shares_line("real", real.classes);
  return text;
}

Json evaluation_json(const Evaluation& evaluation) {
  Json json = {{"count", evaluation.count},
               {"classifier_accuracy", evaluation.accuracy},
               {"samples", scores_json(evaluation.samples)},
               {"real", scores_json(evaluation.real)}};
  if (evaluation.as_asked) json["taken_for_what_was_asked"] = *evaluation.as_asked;
  return json;
}

}  // namespace kiln::apps
