// SPDX-License-Identifier: MIT
#include "models/classifier/classifier.h"

#include <algorithm>

#include "engine/autograd/grad_mode.h"
#include "engine/ops/softmax.h"
#include "models/network_file.h"

namespace kiln::models {

const char* const kMnistClassifierSha256 =
    "31aabf5960cf87b372115f0e196a7702fb0f03126be9bdaf7df0bcb4fbe6ec83";

Classifier Classifier::load(const std::filesystem::path& path, Device device) {
  LoadedNetwork loaded = load_network(path, device);
  if (loaded.info.role != "classifier") {
    throw Error(path.string() + ": this is a " + loaded.info.role + ", not a classifier");
  }
  if (loaded.network->layers().size() < 2) {
    throw Error(path.string() + ": this classifier has no hidden layer to take features from");
  }
  return {std::move(loaded.network), std::move(loaded.info.image_shape), device};
}

Classifier::Classifier(std::shared_ptr<Chain> network, std::vector<std::int64_t> image_shape,
                       Device device)
    : network_(std::move(network)), image_shape_(std::move(image_shape)), device_(device) {
  if (image_shape_.size() != 2 || element_count(image_shape_) != network_->inputs()) {
    throw Error("[classifier] image shape " + to_string(image_shape_) + " does not hold " +
                std::to_string(network_->inputs()) + " pixels");
  }
  if (network_->layers().size() < 2) throw Error("[classifier] there is no hidden layer");
}

ImageFeatures Classifier::classify(std::span<const float> pixels) const {
  constexpr std::int64_t kChunk = 1000;
  const std::int64_t size = network_->inputs();
  const auto total = static_cast<std::int64_t>(pixels.size());
  if (total % size != 0) {
    throw Error("[classifier] " + std::to_string(total) + " pixels are not images of " +
                std::to_string(size));
  }
  const NoGradGuard no_grad;
  const LayerConfig& last = network_->layers().back();
  ImageFeatures result{total / size, element_count(last.in), classes(), {}, {}};
  result.features.reserve(static_cast<std::size_t>(result.count * result.feature_size));
  result.probabilities.reserve(static_cast<std::size_t>(result.count * result.classes));
  for (std::int64_t first = 0; first < result.count; first += kChunk) {
    const std::int64_t n = std::min(kChunk, result.count - first);
    const Tensor x = Tensor::from_host(
        pixels.subspan(static_cast<std::size_t>(first * size), static_cast<std::size_t>(n * size)),
        {n, size}, device_);
    const std::vector<Tensor> outputs =
        network_->layer_outputs(x, Tensor::empty({n, classes()}, device_));
    const auto features = outputs[outputs.size() - 2].to_host<float>();
    const auto probabilities = softmax(outputs.back()).to_host<float>();
    result.features.insert(result.features.end(), features.begin(), features.end());
    result.probabilities.insert(result.probabilities.end(), probabilities.begin(),
                                probabilities.end());
  }
  return result;
}

double ImageFeatures::accuracy(std::span<const std::int32_t> labels) const {
  if (labels.size() != static_cast<std::size_t>(count) || labels.empty()) {
    throw Error("[classifier] " + std::to_string(labels.size()) + " labels for " +
                std::to_string(count) + " images");
  }
  std::int64_t right = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto row = probability_matrix().row(i);
    const auto most_probable = std::max_element(row.begin(), row.end()) - row.begin();
    if (most_probable == labels[static_cast<std::size_t>(i)]) ++right;
  }
  return static_cast<double>(right) / static_cast<double>(count);
}

double Classifier::accuracy(std::span<const float> pixels,
                            std::span<const std::uint8_t> labels) const {
  return classify(pixels).accuracy(std::vector<std::int32_t>(labels.begin(), labels.end()));
}

void save_classifier(const std::filesystem::path& path, const Chain& network,
                     const std::vector<std::int64_t>& image_shape) {
  save_network(path, network, {"classifier", image_shape});
}

}  // namespace kiln::models
