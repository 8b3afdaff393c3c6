// SPDX-License-Identifier: MIT
#include "apps/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>
#include <vector>

#include "engine/io/image_grid.h"
#include "engine/metrics/classifier_score.h"
#include "engine/metrics/frechet.h"
#include "engine/metrics/memorisation.h"
#include "kernels/error.h"

namespace kiln::apps {
namespace {

using metrics::FeatureMatrix;

constexpr std::int64_t kNearestImages = 1000;
constexpr std::size_t kValidationImages = 1000;
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

using Rows = std::vector<std::size_t>;

// `number` of `rows`, evenly.
Rows spread(const Rows& rows, std::size_t number) {
  Rows chosen;
  for (std::size_t i = 0; i < number; ++i) chosen.push_back(rows[i * rows.size() / number]);
  return chosen;
}

Rows all_rows(std::size_t count) {
  Rows rows(count);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return rows;
}

// `rows` without `chosen`, both ascending.
Rows without(const Rows& rows, const Rows& chosen) {
  Rows rest;
  std::set_difference(rows.begin(), rows.end(), chosen.begin(), chosen.end(),
                      std::back_inserter(rest));
  return rest;
}

// Rows of a matrix that has them elsewhere.
class Picked {
 public:
  Picked(const FeatureMatrix& from, const Rows& rows)
      : count_(static_cast<std::int64_t>(rows.size())), size_(from.size) {
    for (const std::size_t row : rows) {
      const auto values = from.row(static_cast<std::int64_t>(row));
      values_.insert(values_.end(), values.begin(), values.end());
    }
  }
  FeatureMatrix matrix() const { return {values_, count_, size_}; }

 private:
  std::vector<float> values_;
  std::int64_t count_, size_;
};

// What the two columns of the table are measured against.
struct Real {
  metrics::Gaussian gaussian;  // the features of all training images
  FeatureMatrix features;      // of n of them
  FeatureMatrix validation;    // pixels of 1000 others
  FeatureMatrix test;          // pixels of n test images
};

Scores score(const models::ImageFeatures& seen, const FeatureMatrix& parzen_centres,
             const Real& real) {
  Scores scores;
  scores.frechet =
      metrics::frechet_distance(metrics::fit_gaussian(seen.feature_matrix()), real.gaussian);
  scores.classifier_score = metrics::classifier_score(seen.probability_matrix());
  scores.classes = metrics::class_coverage(seen.probability_matrix());
  scores.precision_recall = metrics::precision_recall(seen.feature_matrix(), real.features);
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
  const FeatureMatrix test_images{test_pixels, static_cast<std::int64_t>(test.images.count), size};
  const FeatureMatrix drawn{samples.pixels, n, size};
  const Rows rows = all_rows(train.images.count);
  const Rows chosen = spread(rows, static_cast<std::size_t>(n));
  const Rows others = without(rows, chosen);
  const Picked reference(training, chosen);
  const Picked validation(training, spread(others, std::min(kValidationImages, others.size())));
  const Picked floor(test_images, spread(all_rows(test.images.count), static_cast<std::size_t>(n)));
  const models::ImageFeatures seen = classifier.classify(train_pixels);
  const Picked features(seen.feature_matrix(), chosen);
  const Real real{metrics::fit_gaussian(seen.feature_matrix()), features.matrix(),
                  validation.matrix(), floor.matrix()};

  const models::ImageFeatures drawn_seen = classifier.classify(drawn.values);
  result.samples = score(drawn_seen, drawn, real);
  if (!samples.labels.empty()) result.as_asked = drawn_seen.accuracy(samples.labels);
  result.real = score(classifier.classify(real.test.values), reference.matrix(), real);
  const std::int64_t few = std::min(n, kNearestImages);
  const Picked held_out(
      real.test, spread(all_rows(static_cast<std::size_t>(n)), static_cast<std::size_t>(few)));
  const metrics::Memorisation copies =
      metrics::memorisation(drawn.rows(0, few), held_out.matrix(), training);
  result.samples.nearest_training = copies.mean_distance;
  result.samples.suspicious = copies.suspicious;
  result.real.nearest_training = copies.held_out_mean_distance;
  result.real.suspicious = copies.held_out_suspicious;
  return result;
}

}  // namespace kiln::apps
