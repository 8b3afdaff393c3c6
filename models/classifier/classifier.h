// SPDX-License-Identifier: MIT
// A trained classifier of images, frozen: its class probabilities, and its last hidden layer as the
// feature space that generated images are measured in. What the network inside is, nobody else
// knows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/metrics/feature_matrix.h"
#include "models/chain.h"

namespace kiln::models {

// What a classifier makes of n images.
struct ImageFeatures {
  std::int64_t count = 0;
  std::int64_t feature_size = 0;
  std::int64_t classes = 0;
  std::vector<float> features;       // (n, feature_size)
  std::vector<float> probabilities;  // (n, classes)

  // The share of images whose most probable class is their label. Errors: another number of labels.
  double accuracy(std::span<const std::int32_t> labels) const;

  metrics::FeatureMatrix feature_matrix() const { return {features, count, feature_size}; }
  metrics::FeatureMatrix probability_matrix() const { return {probabilities, count, classes}; }
};

class Classifier {
 public:
  // A file of save_classifier(). Errors: those of load_network, another role, no hidden layer.
  static Classifier load(const std::filesystem::path& path, Device device);
  // `network` gives logits. Errors: an image shape that is not (height, width) with the network's
  // number of inputs, no hidden layer.
  Classifier(std::shared_ptr<Chain> network, std::vector<std::int64_t> image_shape, Device device);

  std::int64_t height() const { return image_shape_[0]; }
  std::int64_t width() const { return image_shape_[1]; }
  std::int64_t classes() const { return network_->outputs(); }

  // pixels (n, height * width) in [0, 1], any n. Errors: a number of pixels that makes no images.
  ImageFeatures classify(std::span<const float> pixels) const;
  // ImageFeatures::accuracy() of what classify() makes of them.
  double accuracy(std::span<const float> pixels, std::span<const std::uint8_t> labels) const;

 private:
  std::shared_ptr<Chain> network_;
  std::vector<std::int64_t> image_shape_;
  Device device_;
};

void save_classifier(const std::filesystem::path& path, const Chain& network,
                     const std::vector<std::int64_t>& image_shape);

// The SHA-256 of data/classifier/mnist.safetensors, the digits' classifier that comes with Kiln.
extern const char* const kMnistClassifierSha256;

}  // namespace kiln::models
