#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fokker/core/base/tensor.h"

namespace fokker {

/// The order of training samples, a function of the seed alone.  Permutations of 0 … n−1, one for each epoch, are
/// joined end to end, and step k takes places [k·batch, (k+1)·batch).  Every epoch holds each sample once, and batches
/// are full.
class BatchOrder {
 public:
  /// Throws ConfigError unless n ≥ 1 and batch ≥ 1.
  BatchOrder(std::uint64_t seed, std::int64_t n, std::int64_t batch);
  std::vector<std::int64_t> indices(std::int64_t step);

 private:
  const std::vector<std::int64_t>& permutation(std::int64_t epoch);

  std::uint64_t seed_;
  std::int64_t n_, batch_;
  std::int64_t epoch_ = -1;
  std::vector<std::int64_t> permutation_;  // the permutation of epoch_
};

/// The indices that BatchOrder(seed, n, batch) gives for a step, without a memory of the epoch.
std::vector<std::int64_t> batch_indices(std::uint64_t seed, std::int64_t step, std::int64_t batch, std::int64_t n);

/// Random changes of the images of a batch, described by texts such as "flip", "shift(1)" and "shift(2, edge)".  Row r
/// of step k depends on (seed, k, first_row + r) alone.
class Augmentation {
 public:
  Augmentation() = default;
  /// `background` fills what a shift uncovers.  Throws ConfigError for an unknown text, naming the known ones.
  explicit Augmentation(const std::vector<std::string>& steps, double background = -1);

  bool empty() const { return steps_.empty(); }
  /// Changes x [B, height, width, channels] and returns the same shape.  Throws ShapeError for other shapes.
  Tensor operator()(const Tensor& x, std::uint64_t seed, std::int64_t step, std::int64_t first_row = 0) const;

 private:
  enum class Kind : std::uint8_t { flip, shift_background, shift_edge };
  struct Step {
    Kind kind;
    std::int64_t reach;  // pixels
  };
  static Step parse(const std::string& text);
  void apply(const Step& step, const double* uniform, std::span<const float> image, std::span<float> out,
             const Shape& shape) const;

  std::vector<Step> steps_;
  double background_ = -1;
};

}  // namespace fokker
