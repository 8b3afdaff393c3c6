// SPDX-License-Identifier: MIT
// All metrics of a set of images against a data set, and the same metrics of real images that stand
// in for it: the floor, what a perfect generator would reach.
//
// The Frechet distance is to all training images. With n the number of samples, n test images are
// the floor and n training images what precision and recall compare with; both are taken evenly
// from the whole set, whose order may follow its writers. Nearest training images are looked for
// among all of them, for 1000 samples and test images. The Parzen windows stand on the samples (for
// the floor on those n training images), their width is chosen on 1000 other training images, and
// the n test images are judged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "apps/evaluated_samples.h"
#include "engine/data/mnist.h"
#include "engine/metrics/class_coverage.h"
#include "engine/metrics/parzen.h"
#include "engine/metrics/precision_recall.h"
#include "models/classifier/classifier.h"

namespace kiln::apps {

struct Scores {
  double frechet = 0;
  double classifier_score = 0;
  metrics::ClassCoverage classes;
  metrics::PrecisionRecall precision_recall;
  double nearest_training = 0;  // mean distance, in pixels
  double suspicious = 0;        // share nearer than 99 % of the real images
  metrics::ParzenEstimate parzen;
  double parzen_sigma = 0;
};

struct Evaluation {
  std::int64_t count = 0;
  double accuracy = 0;             // of the classifier, on all test images
  std::optional<double> as_asked;  // share of a conditional generator's samples that are taken for
                                   // the class they were asked to be
  Scores samples;
  Scores real;
};

inline constexpr std::int64_t kLeastSamples = 1000;

// Errors: images or a classifier of another size than the data's, fewer than kLeastSamples samples,
// fewer test images than samples, too few training images, a classifier that does not know the
// data. `samples_name` and `classifier_name` are for the messages.
Evaluation evaluate(const EvaluatedSamples& samples, const std::string& samples_name,
                    const MnistData& train, const MnistData& test,
                    const models::Classifier& classifier, const std::string& classifier_name);

}  // namespace kiln::apps
