#include "fokker/score/objectives/noise_curve.h"

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

constexpr std::int64_t units = 64;
constexpr double unit_steepness = 20;
constexpr double softplus_one = 0.5413248546129181;  // softplus of this number is 1

Tensor in_f64(const Tensor& x) { return cast(x, Dtype::f64); }

}  // namespace

NoiseCurve::NoiseCurve(double first, double last)
    : ends_(Tensor::from({first, last}, {2})),
      slope_(Tensor::full({1}, softplus_one)),
      weights_(Tensor::full({units}, softplus_one)),
      steepness_(Tensor::full({units}, softplus_one)) {
  require<ConfigError>(first < last, "[noise_curve] expected gamma to rise, got gamma = [{}, {}]", first, last);
  std::vector<double> middles;
  for (std::int64_t i = 0; i < units; ++i) middles.push_back((static_cast<double>(i) + 0.5) / units);
  middles_ = Tensor::from(middles, {units});
}

NoiseCurve::Points NoiseCurve::operator()(const Tensor& t) const {
  const Tensor slope = softplus(in_f64(slope_)), weights = softplus(in_f64(weights_)) * (1.0 / units);
  const Tensor steepness = softplus(in_f64(steepness_)) * unit_steepness, middles = in_f64(middles_);
  const auto curves = [&](const Tensor& at) { return sigmoid((at - middles) * steepness); };
  const Tensor begin = curves(Tensor::scalar(0, Dtype::f64)), end = curves(Tensor::scalar(1, Dtype::f64));
  const Tensor whole = slope + sum(weights * (end - begin));
  const Tensor time = reshape(t, {t.extent(0), 1}), risen = curves(time);
  const Tensor place = slope * t + sum(weights * (risen - begin), {1});
  const Tensor rate = slope + sum(weights * steepness * (risen - square(risen)), {1});
  return {place / whole, rate / whole};
}

Tensor NoiseCurve::first() const { return reshape(slice(in_f64(ends_), 0, 0, 1), {}); }

Tensor NoiseCurve::span() const { return reshape(slice(in_f64(ends_), 0, 1, 2), {}) - first(); }

std::shared_ptr<const ForwardSde> NoiseCurve::sde() const {
  auto kept = std::make_shared<NoiseCurve>(*this);
  kept->visit(ParameterVisitor([](const std::string&, Tensor& tensor, bool) { tensor = tensor.clone(); }));
  const double first = kept->first().item(), span = kept->span().item();
  const auto at = [kept](double t) {
    const NoGrad off_tape;
    return (*kept)(Tensor::full({1}, t, Dtype::f64));
  };
  return std::make_shared<ScheduledSde>(
      NoiseSchedule{.gamma = [=](double t) { return first + span * at(t).place.item(); },
                    .rate = [=](double t) { return span * at(t).rate.item(); }},
      "learned");
}

void NoiseCurve::visit(const ParameterVisitor& visitor) {
  visitor("ends", ends_);
  visitor("slope", slope_);
  visitor("weights", weights_);
  visitor("steepness", steepness_);
  visitor("middles", middles_);
}

}  // namespace fokker
