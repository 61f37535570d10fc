#include "fokker/score/networks/discriminator.h"

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/rows.h"
#include "fokker/core/ops/view.h"
#include "fokker/score/networks/fourier_input.h"
#include "fokker/score/networks/mlp.h"

namespace fokker {

ImageEncoder::ImageEncoder(std::int64_t image_channels, const std::vector<std::int64_t>& channels, const Rng& rng,
                           std::int64_t outputs)
    : image_channels_(image_channels), time_dimension_(channels.front()) {
  const UNetConfig blocks{.channels = channels, .attention = {}};
  conv_in_ = Conv2d(image_channels, channels.front(), 3, rng.fork(0));
  time_embedding_ = TimeEmbedding(time_dimension_, blocks.embedding_size(), rng.fork(1));
  std::int64_t width = channels.front();
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const Resample resample = i == 0 ? Resample::none : Resample::down;
    UNetConfig own = blocks;
    own.downsample = "resnet";
    blocks_.emplace_back(width, channels[i], own, rng.fork(2 + i), resample);
    width = channels[i];
  }
  norm_ = unet_norm(width, blocks);
  out_ = Linear(width, outputs, rng.fork(1'000'000));
}

Tensor ImageEncoder::operator()(const Tensor& x, const Tensor& time, const Pass& pass) const {
  const std::int64_t factor = std::int64_t{1} << (blocks_.size() - 1);
  require<ShapeError>(x.rank() == 4 && x.size() > 0 && x.extent(3) == image_channels_ && x.extent(1) % factor == 0 &&
                          x.extent(2) % factor == 0,
                      "[discriminator] expected x [B, H, W, {}], no extent 0, with H and W multiples of {}, got {}; "
                      "change the length of "
                      "train.adversarial.discriminator",
                      image_channels_, factor, x.shape());
  const Tensor embedding = silu(time_embedding_(sinusoidal_embedding(time, time_dimension_)));
  Tensor h = conv_in_(x);
  for (const ResidualBlock& block : blocks_) h = block(h, embedding, pass);
  return out_(mean(norm_(h), {1, 2}));
}

void ImageEncoder::visit(const ParameterVisitor& visitor) {
  visitor("conv_in", conv_in_);
  visitor("time_embedding", time_embedding_);
  visitor("blocks", blocks_);
  visitor("norm", norm_);
  visitor("out", out_);
}

std::unique_ptr<Network> make_discriminator(std::vector<std::int64_t> widths, const Shape& sample, const Rng& rng,
                                            const std::vector<std::int64_t>& fourier, std::int64_t outputs) {
  if (!fourier.empty()) {
    const int last = sample.rank() - 1;
    const Shape seen = with_extent(sample, last, sample[last] * (1 + 2 * std::ssize(fourier)));
    return std::make_unique<FourierInput>(make_discriminator(std::move(widths), seen, rng, {}, outputs), fourier);
  }
  const bool images = sample.rank() == 3;
  if (widths.empty()) widths = images ? std::vector<std::int64_t>{32, 64} : std::vector<std::int64_t>{128, 128, 128};
  if (images) return std::make_unique<ImageEncoder>(sample[2], widths, rng, outputs);
  return std::make_unique<Mlp>(sample.size(), MlpConfig{.hidden = std::move(widths), .outputs = outputs}, rng);
}

Tensor judge(const Network& discriminator, const Tensor& x, const Tensor& time, const Pass& pass) {
  const Tensor flat = x.rank() == 4 ? x : flat_rows(x);
  return reshape(discriminator(flat, time, pass), {x.extent(0)});
}

std::unique_ptr<Network> frozen(const Network& network) {
  auto copy = std::unique_ptr<Network>(static_cast<Network*>(network.clone().release()));
  for (const auto& parameter : copy->parameters()) *parameter.tensor = parameter.tensor->detach();
  return copy;
}

}  // namespace fokker
