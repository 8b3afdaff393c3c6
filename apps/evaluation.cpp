// SPDX-License-Identifier: MIT
#include "apps/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/io/image_grid.h"
#include "engine/metrics/classifier_score.h"
#include "engine/metrics/frechet.h"
#include "engine/metrics/memorisation.h"
#include "kernels/error.h"

namespace kiln::apps {
namespace {

using metrics::FeatureMatrix;

constexpr std::int64_t kNearestImages = 1000;
constexpr std::int64_t kValidationImages = 1000;
constexpr double kLeastAccuracy = 0.7;
constexpr std::array kParzenSigmas = {0.08, 0.1,  0.12, 0.14, 0.16, 0.18, 0.2,
                                      0.22, 0.25, 0.3,  0.35, 0.4,  0.5};

std::int64_t size_of_images(const IdxImages& images) {
  return static_cast<std::int64_t>(images.height * images.width);
}

void check(const EvaluatedSamples& samples, const std::string& name, const MnistData& train,
           const MnistData& test) {
  const auto height = static_cast<std::int64_t>(train.images.height);
  const auto width = static_cast<std::int64_t>(train.images.width);
  if (samples.height != height || samples.width != width) {
    throw Error(fmt::format("{}: images of {}x{} cannot be scored against data of {}x{}", name,
                            samples.width, samples.height, width, height));
  }
  if (test.images.height != train.images.height || test.images.width != train.images.width) {
    throw Error("training and test images differ in size");
  }
  if (samples.count < kLeastSamples) {
    throw Error(fmt::format("{}: {} images are too few to score, at least {} needed", name,
                            samples.count, kLeastSamples));
  }
  if (static_cast<std::size_t>(samples.count) > test.images.count) {
    throw Error(
        fmt::format("{}: {} images cannot be scored against {} test images, use a smaller --n",
                    name, samples.count, test.images.count));
  }
  if (train.images.count < static_cast<std::size_t>(samples.count) + 100) {
    throw Error(fmt::format("{} training images are too few to score {} samples",
                            train.images.count, samples.count));
  }
}

// What the two columns of the table are measured against.
struct Real {
  FeatureMatrix reference;         // pixels of the first n training images
  FeatureMatrix validation;        // of those after them
  FeatureMatrix test;              // of the first n test images
  models::ImageFeatures features;  // of the reference
  metrics::Gaussian gaussian;      // of those features
};

Scores score(const models::ImageFeatures& seen, const FeatureMatrix& parzen_centres,
             const Real& real) {
  Scores scores;
  scores.frechet =
      metrics::frechet_distance(metrics::fit_gaussian(seen.feature_matrix()), real.gaussian);
  scores.classifier_score = metrics::classifier_score(seen.probability_matrix());
  scores.classes = metrics::class_coverage(seen.probability_matrix());
  scores.precision_recall =
      metrics::precision_recall(seen.feature_matrix(), real.features.feature_matrix());
  scores.parzen_sigma = choose_parzen_sigma(parzen_centres, real.validation, kParzenSigmas);
  scores.parzen = parzen_log_likelihood(parzen_centres, real.test, scores.parzen_sigma);
  return scores;
}

}  // namespace

Evaluation evaluate(const EvaluatedSamples& samples, const std::string& samples_name,
                    const MnistData& train, const MnistData& test,
                    const models::Classifier& classifier, const std::string& classifier_name) {
  check(samples, samples_name, train, test);
  if (classifier.height() != samples.height || classifier.width() != samples.width) {
    throw Error(fmt::format("{}: this classifier takes images of {}x{}, not {}x{}", classifier_name,
                            classifier.width(), classifier.height(), samples.width,
                            samples.height));
  }
  const std::int64_t n = samples.count, size = size_of_images(train.images);
  const std::vector<float> train_pixels = bytes_to_unit(train.images.pixels);
  const std::vector<float> test_pixels = bytes_to_unit(test.images.pixels);
  Evaluation result;
  result.count = n;
  result.accuracy = classifier.accuracy(test_pixels, test.labels);
  if (result.accuracy < kLeastAccuracy) {
    throw Error(fmt::format(
        "{}: this classifier is right on {:.1f} % of the test images, too few to judge others: "
        "train one on this data set (train_classifier)",
        classifier_name, 100 * result.accuracy));
  }
  const FeatureMatrix training{train_pixels, static_cast<std::int64_t>(train.images.count), size};
  const FeatureMatrix drawn{samples.pixels, n, size};
  Real real;
  real.reference = training.rows(0, n);
  real.validation = training.rows(n, std::min(kValidationImages, training.count - n));
  real.test =
      FeatureMatrix{test_pixels, static_cast<std::int64_t>(test.images.count), size}.rows(0, n);
  real.features = classifier.classify(real.reference.values);
  real.gaussian = metrics::fit_gaussian(real.features.feature_matrix());

  result.samples = score(classifier.classify(drawn.values), drawn, real);
  result.real = score(classifier.classify(real.test.values), real.reference, real);
  const std::int64_t few = std::min(n, kNearestImages);
  const metrics::Memorisation copies =
      metrics::memorisation(drawn.rows(0, few), real.test.rows(0, few), training);
  result.samples.nearest_training = copies.mean_distance;
  result.samples.suspicious = copies.suspicious;
  result.real.nearest_training = copies.held_out_mean_distance;
  result.real.suspicious = copies.held_out_suspicious;
  return result;
}

}  // namespace kiln::apps
