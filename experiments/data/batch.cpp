#include "fokker/experiments/data/batch.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "fokker/core/ops/rng.h"

namespace fokker {

BatchOrder::BatchOrder(std::uint64_t seed, std::int64_t n, std::int64_t batch) : seed_(seed), n_(n), batch_(batch) {
  require<ConfigError>(n >= 1, "[batches] expected at least one training sample, got {}", n);
  require<ConfigError>(batch >= 1, "[batches] expected train.batch ≥ 1, got {}", batch);
}

const std::vector<std::int64_t>& BatchOrder::permutation(std::int64_t epoch) {
  if (epoch != epoch_) {
    permutation_ = Rng(seed_, Stream::shuffle, static_cast<std::uint32_t>(epoch)).permutation(n_);
    epoch_ = epoch;
  }
  return permutation_;
}

std::vector<std::int64_t> BatchOrder::indices(std::int64_t step) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(batch_));
  for (std::int64_t j = 0; j < batch_; ++j) {
    const std::int64_t place = step * batch_ + j;
    rows[j] = permutation(place / n_)[place % n_];
  }
  return rows;
}

std::vector<std::int64_t> batch_indices(std::uint64_t seed, std::int64_t step, std::int64_t batch, std::int64_t n) {
  return BatchOrder(seed, n, batch).indices(step);
}

namespace {

constexpr const char* known_augmentations = R"--("flip", "shift(PIXELS)", "shift(PIXELS, edge)")--";

/// The text between "shift(" and ")", without blanks.
std::optional<std::string> shift_arguments(std::string text) {
  std::erase(text, ' ');
  if (!text.starts_with("shift(") || !text.ends_with(")")) return std::nullopt;
  return text.substr(6, text.size() - 7);
}

/// A uniform whole number in [−reach, reach].
std::int64_t offset(double uniform, std::int64_t reach) {
  return std::min(static_cast<std::int64_t>(uniform * static_cast<double>(2 * reach + 1)), 2 * reach) - reach;
}

constexpr std::int64_t uniforms_per_step = 2;

}  // namespace

Augmentation::Augmentation(const std::vector<std::string>& steps, double background) : background_(background) {
  for (const auto& text : steps) steps_.push_back(parse(text));
}

Augmentation::Step Augmentation::parse(const std::string& text) {
  if (text == "flip") return {Kind::flip, 0};
  if (auto arguments = shift_arguments(text)) {
    Kind kind = Kind::shift_background;
    if (arguments->ends_with(",edge")) {
      kind = Kind::shift_edge;
      arguments->resize(arguments->size() - 5);
    }
    std::int64_t reach = 0;
    const char* end = arguments->data() + arguments->size();
    const auto [stop, error] = std::from_chars(arguments->data(), end, reach);
    if (error == std::errc{} && stop == end && reach >= 1 && reach <= 1024) return {kind, reach};
  }
  throw ConfigError(fmt::format("[data.augment] expected one of {}, got \"{}\"", known_augmentations, text));
}

void Augmentation::apply(const Step& step, const double* uniform, std::span<const float> image, std::span<float> out,
                         const Shape& shape) const {
  const std::int64_t height = shape[1], width = shape[2], channels = shape[3];
  const bool flipped = step.kind == Kind::flip && uniform[0] < 0.5;
  const std::int64_t dy = offset(uniform[0], step.reach), dx = offset(uniform[1], step.reach);
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x) {
      std::int64_t from_y = y - dy, from_x = flipped ? width - 1 - x : x - dx;
      const bool inside = from_y >= 0 && from_y < height && from_x >= 0 && from_x < width;
      from_y = std::clamp(from_y, std::int64_t{0}, height - 1);
      from_x = std::clamp(from_x, std::int64_t{0}, width - 1);
      float* target = out.data() + (y * width + x) * channels;
      if (inside || step.kind == Kind::shift_edge)
        std::copy_n(image.data() + (from_y * width + from_x) * channels, channels, target);
      else
        std::fill_n(target, channels, static_cast<float>(background_));
    }
}

Tensor Augmentation::operator()(const Tensor& x, std::uint64_t seed, std::int64_t step, std::int64_t first_row) const {
  if (empty()) return x;
  require<ShapeError>(x.rank() == 4,
                      "[augment] expected images [B, height, width, channels], got {}; remove data.augment",
                      to_string(x.shape()));
  const std::int64_t per_image = x.size() / std::max(x.extent(0), std::int64_t{1});
  const auto per_row = static_cast<std::int64_t>(steps_.size()) * uniforms_per_step;
  const Tensor random =
      Rng(seed, Stream::augmentation, static_cast<std::uint32_t>(step))
          .uniform({x.extent(0), per_row}, Dtype::f64, static_cast<std::uint64_t>(first_row * per_row));
  Tensor result = x.clone();
  std::vector<float> before(static_cast<std::size_t>(per_image));
  for (std::int64_t row = 0; row < x.extent(0); ++row) {
    const auto image = result.data<float>().subspan(row * per_image, per_image);
    for (std::size_t k = 0; k < steps_.size(); ++k) {
      std::copy(image.begin(), image.end(), before.begin());
      apply(steps_[k], random.data<double>().data() + row * per_row + k * uniforms_per_step, before, image, x.shape());
    }
  }
  return result;
}

}  // namespace fokker
