#include "fokker/experiments/training/refine.h"

#include "fokker/core/base/parallel.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/core/optim/optimizer.h"
#include "fokker/experiments/data/batch.h"
#include "fokker/experiments/training/shards.h"
#include "fokker/score/networks/discriminator.h"
#include "fokker/score/objectives/adversarial_loss.h"
#include "fokker/score/objectives/noising.h"

namespace fokker {
namespace {

constexpr std::int64_t max_lanes = 8;

/// One worker's copy of the discriminator, and its part of a step.
struct Lane {
  std::unique_ptr<Network> network;
  std::vector<Tensor> leaves, gradients;
};

class RatioTraining {
 public:
  RatioTraining(const Dataset& real, Tensor generated, const ForwardSde& sde, const RefineConfig& config)
      : real_(real),
        generated_(std::move(generated)),
        sde_(sde),
        config_(config),
        times_({.t_min = sde.t_min()}, sde),
        network_(
            make_discriminator(config.discriminator, sample_shape(real), Rng(config.seed, Stream::initialisation))),
        adam_(network_->trainable_parameters()),
        of_real_(config.seed, real.size(), config.batch),
        of_generated_(Rng(config.seed).fork(1).seed(), generated_.extent(0), config.batch),
        rows_(rows_of_a_shard(real, config.batch)) {
    const std::int64_t shards = shard_count(config.batch, rows_);
    for (std::int64_t i = 0; i < std::min(shards, max_lanes); ++i) {
      Lane lane{.network = std::unique_ptr<Network>(static_cast<Network*>(network_->replica().release())),
                .leaves = {},
                .gradients = {}};
      for (const auto& p : lane.network->trainable_parameters()) lane.leaves.push_back(*p.tensor);
      lanes_.push_back(std::move(lane));
    }
  }

  std::shared_ptr<const Network> run() {
    const ScheduleConfig schedule{.kind = "cosine", .total = config_.steps};
    for (std::int64_t step = 0; step < config_.steps; ++step) {
      const auto real = of_real_.indices(step), generated = of_generated_.indices(step);
      parallel(std::ssize(lanes_), [&](std::int64_t lane) { run_lane(lane, step, real, generated); });
      std::vector<std::vector<Tensor>> gradients;
      for (Lane& lane : lanes_) gradients.push_back(std::move(lane.gradients));
      sum_lanes(gradients);
      adam_.step(gradients[0], config_.learning_rate * schedule_factor(schedule, step));
    }
    return network_;
  }

 private:
  /// The logits of samples `rows` of x, diffused.  The two sides of a step have times and noise of their own.
  Tensor logits(const Network& network, const Tensor& x, std::span<const std::int64_t> rows, const Shard& place) const {
    Shard shard = place;
    shard.x0 = gather(x, rows);
    const Noised noised = add_noise(shard, sde_, times_);
    std::vector<double> label, scale;
    for (std::size_t i = 0; i < noised.t.size(); ++i) {
      label.push_back(time_label(sde_, noised.t[i]));
      scale.push_back(input_scale(noised.level[i]));
    }
    return judge(network, noised.x * per_sample(scale, noised.x),
                 Tensor::from(label, {shard.rows()}, noised.x.dtype()));
  }

  void run_lane(std::int64_t index, std::int64_t step, std::span<const std::int64_t> real,
                std::span<const std::int64_t> generated) {
    Lane& lane = lanes_[static_cast<std::size_t>(index)];
    Tensor total;
    for (std::int64_t first = index * rows_; first < config_.batch; first += rows_ * std::ssize(lanes_)) {
      const auto count = static_cast<std::size_t>(std::min(rows_, config_.batch - first));
      const auto begin = static_cast<std::size_t>(first);
      Shard place{.x0 = {},
                  .seed = config_.seed,
                  .step = static_cast<std::uint32_t>(step),
                  .first = first,
                  .batch = config_.batch};
      const Tensor of_real = logits(*lane.network, real_.x, real.subspan(begin, count), place);
      place.seed = Rng(config_.seed).fork(2).seed();
      const Tensor of_generated = logits(*lane.network, generated_, generated.subspan(begin, count), place);
      const Tensor loss = sum(discriminator_loss(AdversarialLoss::non_saturating, of_real, of_generated)) *
                          (1 / static_cast<double>(config_.batch));
      total = total.defined() ? total + loss : loss;
    }
    lane.gradients = grad(total, lane.leaves);
  }

  const Dataset& real_;
  Tensor generated_;
  const ForwardSde& sde_;
  RefineConfig config_;
  TimeSampler times_;
  std::shared_ptr<Network> network_;
  Adam adam_;
  BatchOrder of_real_, of_generated_;
  std::int64_t rows_;
  std::vector<Lane> lanes_;
};

}  // namespace

LogRatio train_log_ratio(const Dataset& real, const Tensor& generated, const ForwardSde& sde,
                         const RefineConfig& config) {
  require<ShapeError>(generated.rank() > 1 && sample_shape(real) == without_axis(generated.shape(), 0),
                      "[refine] expected generated samples of the data's shape {}, got {}", sample_shape(real),
                      generated.shape());
  return log_ratio(RatioTraining(real, cast(generated.detach(), Dtype::f32), sde, config).run(), sde);
}

}  // namespace fokker
