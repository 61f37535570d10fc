#include "fokker/experiments/data/signals.h"

#include <cmath>
#include <numbers>

#include "fokker/core/ops/rng.h"
#include "fokker/experiments/data/toys.h"

namespace fokker {
namespace {

constexpr double ecg_seconds = 2;

/// A wave of the beat; place and width in beats, height in mV.
struct Wave {
  double place, width, height;
};
constexpr std::array<Wave, 5> waves{{{.place = -0.17, .width = 0.04, .height = 0.15},
                                     {.place = -0.045, .width = 0.02, .height = -0.12},
                                     {.place = 0, .width = 0.02, .height = 1},
                                     {.place = 0.045, .width = 0.02, .height = -0.25},
                                     {.place = 0.3, .width = 0.06, .height = 0.35}}};

double bump(double distance, double width) { return std::exp(-0.5 * (distance / width) * (distance / width)); }

/// The uniform numbers of one sample: draw k lies in [low, high).
class Draws {
 public:
  Draws(std::uint64_t seed, std::uint64_t tag, std::int64_t sample)
      : rng_(Rng(seed, Stream::data).fork(tag)), first_(most * static_cast<std::uint64_t>(sample)) {}
  double operator()(std::uint64_t k, double low, double high) const {
    return low + (high - low) * rng_.uniform_at(first_ + k);
  }

 private:
  static constexpr std::uint64_t most = 8;
  Rng rng_;
  std::uint64_t first_;
};

/// n signals, each `duration` long from t = 0 on.
template <class Signal>
Tensor sampled(Signal (*signal)(std::uint64_t, std::int64_t), std::int64_t n, std::uint64_t seed, double duration) {
  Tensor x = Tensor::empty({n, signal_length});
  auto values = x.data<float>();
  for (std::int64_t i = 0; i < n; ++i) {
    const Signal own = signal(seed, i);
    for (std::int64_t k = 0; k < signal_length; ++k)
      values[i * signal_length + k] =
          static_cast<float>(own(duration * static_cast<double>(k) / static_cast<double>(signal_length)));
  }
  return x;
}

}  // namespace

double EcgSignal::operator()(double t) const {
  double sum = 0;
  for (std::size_t w = 0; w < waves.size(); ++w) {
    const double distance = phase + t * rate / 60 - waves[w].place;
    sum += amplitude[w] * bump(distance - std::round(distance), waves[w].width);
  }
  return sum;
}

EcgSignal ecg_signal(std::uint64_t seed, std::int64_t sample) {
  const Draws draw(seed, 5, sample);
  EcgSignal signal{.rate = draw(0, 50, 110), .phase = draw(1, 0, 1), .amplitude = {}};
  for (std::size_t w = 0; w < waves.size(); ++w) signal.amplitude[w] = waves[w].height * draw(2 + w, 0.8, 1.2);
  return signal;
}

double ChirpSignal::frequency(double t) const { return start + (end - start) * (quadratic ? t * t : t); }

double ChirpSignal::phase(double t) const {
  return offset + t * (start + (end - start) * (quadratic ? t * t / 3 : t / 2));
}

double ChirpSignal::window(double t) const { return bump(t - centre, width); }

double ChirpSignal::operator()(double t) const { return window(t) * std::cos(2 * std::numbers::pi * phase(t)); }

ChirpSignal chirp_signal(std::uint64_t seed, std::int64_t sample) {
  const Draws draw(seed, 6, sample);
  return {.start = draw(0, 2, 24),
          .end = draw(1, 2, 24),
          .quadratic = draw(2, 0, 1) < 0.5,
          .offset = draw(3, 0, 1),
          .centre = draw(4, 0.3, 0.7),
          .width = draw(5, 0.15, 0.4)};
}

Dataset ecg(std::int64_t n, std::uint64_t seed) {
  check_count("ecg", n);
  Dataset data =
      generated("ecg", "electrocardiograms made of five waves a beat", sampled(ecg_signal, n, seed, ecg_seconds));
  data.signals = true;
  return data;
}

Dataset chirps(std::int64_t n, std::uint64_t seed) {
  check_count("chirps", n);
  Dataset data = generated("chirps", "tones of changing frequency", sampled(chirp_signal, n, seed, 1));
  for (std::int64_t i = 0; i < n; ++i) data.labels.push_back(chirp_signal(seed, i).quadratic);
  data.signals = true;
  return data;
}

}  // namespace fokker
