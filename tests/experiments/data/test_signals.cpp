#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

#include "fokker/experiments/data/signals.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

constexpr std::int64_t n = 4000;
constexpr double values_a_second = 64;  // of ecg

std::vector<double> signal(const Dataset& data, std::int64_t sample) {
  return data.x.rows(sample, sample + 1).to_vector();
}

/// Times of the values that are above half a millivolt and above their neighbours, in seconds, to half a value.
std::vector<double> r_peaks(const std::vector<double>& x) {
  std::vector<double> peaks;
  for (std::size_t k = 1; k + 1 < x.size(); ++k)
    if (x[k] > 0.5 && x[k] > x[k - 1] && x[k] >= x[k + 1]) peaks.push_back(static_cast<double>(k) / values_a_second);
  return peaks;
}

/// Least-squares fit of x_{k−1} + x_{k+1} = 2 cos(ω) x_k over the values around k, as cycles a unit of time: the
/// frequency of a tone, from its values alone.
double local_frequency(const std::vector<double>& x, std::size_t k, std::size_t reach) {
  double cross = 0, square = 0;
  for (std::size_t i = k - reach; i <= k + reach; ++i) {
    cross += x[i] * (x[i - 1] + x[i + 1]);
    square += x[i] * x[i];
  }
  return std::acos(std::clamp(0.5 * cross / square, -1.0, 1.0)) / (2 * std::numbers::pi) * signal_length;
}

/// Root mean square of frequency(t) minus `law(chirp, t)` over many chirps, where the window is open.
template <class Law>
double frequency_error(const Dataset& data, std::uint64_t seed, Law law) {
  double squares = 0, count = 0;
  for (std::int64_t i = 0; i < 500; ++i) {
    const ChirpSignal chirp = chirp_signal(seed, i);
    const auto x = signal(data, i);
    const auto k = static_cast<std::size_t>(std::lround(chirp.centre * signal_length));
    squares += std::pow(local_frequency(x, k, 12) - law(chirp, static_cast<double>(k) / signal_length), 2);
    count += 1;
  }
  return std::sqrt(squares / count);
}

}  // namespace

TEST_CASE("R waves of an electrocardiogram follow each other by one beat of its rate, and the rates are uniform") {
  const Dataset data = ecg(n, 1);
  REQUIRE(data.x.shape() == Shape{n, signal_length});
  CHECK(data.signals);
  double sum = 0, fast = 0, worst = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const auto peaks = r_peaks(signal(data, i));
    REQUIRE((!peaks.empty() && peaks.size() <= 4));
    for (std::size_t k = 1; k < peaks.size(); ++k)
      worst = std::max(worst, std::abs(peaks[k] - peaks[k - 1] - 60 / ecg_signal(1, i).rate));
    const double whole = std::round(ecg_signal(1, i).phase + peaks[0] * ecg_signal(1, i).rate / 60);
    CHECK(std::abs(ecg_signal(1, i).phase + peaks[0] * ecg_signal(1, i).rate / 60 - whole) < 0.02);
    const double beats = static_cast<double>(peaks.size() - 1);
    const double rate = peaks.size() < 2 ? 0 : 60 * beats / (peaks.back() - peaks.front());
    if (rate <= 70) continue;  // every faster one has two peaks inside the window
    sum += rate;
    fast += 1;
  }
  CHECK(worst < 1.2 / values_a_second);  // half a value at each end, and Q and S pull a little
  CHECK(fast / n == Approx(40. / 60).margin(5 * std::sqrt(2. / 9 / n)));
  CHECK(sum / fast == Approx(90).margin(5 * 40 / std::sqrt(12 * fast)));
}

TEST_CASE("the waves of a beat have their places, widths and heights") {
  const EcgSignal signal{.rate = 60, .phase = 0, .amplitude = {0.15, -0.12, 1, -0.25, 0.35}};
  CHECK(signal(0) == Approx(1 - (0.12 + 0.25) * std::exp(-0.5 * 2.25 * 2.25)).epsilon(1e-3));
  CHECK(signal(0.3) == Approx(0.35).epsilon(1e-6));
  CHECK(signal(0.36) == Approx(0.35 * std::exp(-0.5)).epsilon(1e-6));
  CHECK(signal(-0.17) == Approx(0.15).epsilon(1e-3));
  CHECK(signal(1.3) == Approx(signal(0.3)).epsilon(1e-12));
  CHECK(signal(0.6) == Approx(0).margin(1e-5));
  const EcgSignal faster{.rate = 120, .phase = 0.25, .amplitude = signal.amplitude};
  CHECK(faster(0.025) == Approx(signal(0.3)).epsilon(1e-12));
  // 0.8 to 1.2 times the height, and the same mean.
  double least = 2, greatest = 0, mean = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double height = ecg_signal(3, i).amplitude[2];
    least = std::min(least, height);
    greatest = std::max(greatest, height);
    mean += height / n;
  }
  CHECK((least >= 0.8 && least < 0.81 && greatest > 1.19 && greatest < 1.2));
  CHECK(mean == Approx(1).margin(5 * 0.4 / std::sqrt(12. * n)));
}

TEST_CASE("the phase of a chirp differs by its frequency, from the start to the end") {
  for (std::int64_t i = 0; i < 50; ++i) {
    const ChirpSignal chirp = chirp_signal(2, i);
    constexpr double h = 1e-4;
    for (const double t : {0.1, 0.35, 0.5, 0.8})
      CHECK((chirp.phase(t + h) - chirp.phase(t - h)) / (2 * h) == Approx(chirp.frequency(t)).epsilon(1e-6));
    CHECK(chirp.phase(0) == chirp.offset);
    CHECK(chirp.frequency(0) == chirp.start);
    CHECK(chirp.frequency(1) == Approx(chirp.end).epsilon(1e-14));
    const double way = (chirp.frequency(0.5) - chirp.start) / (chirp.end - chirp.start);
    CHECK(way == Approx(chirp.quadratic ? 0.25 : 0.5).epsilon(1e-9));
  }
}

TEST_CASE("the values of a chirp oscillate at its frequency inside its window") {
  const Dataset data = chirps(n, 4);
  REQUIRE(data.x.shape() == Shape{n, signal_length});
  CHECK(data.signals);
  CHECK(frequency_error(data, 4, [](const ChirpSignal& c, double t) { return c.frequency(t); }) < 0.7);
  // The law of the other label, and the other direction, are seen to be wrong.
  const auto other = [](ChirpSignal c, double t) {
    c.quadratic = !c.quadratic;
    return c.frequency(t);
  };
  CHECK(frequency_error(data, 4, other) > 1.4);
  CHECK(frequency_error(data, 4, [](const ChirpSignal& c, double t) { return c.frequency(1 - t); }) > 1.4);
  double quadratic = 0, power = 0;
  for (const auto label : data.labels) quadratic += static_cast<double>(label) / n;
  CHECK(quadratic == Approx(0.5).margin(2.5 / std::sqrt(n)));
  for (std::int64_t i = 0; i < 100; ++i) {
    const ChirpSignal chirp = chirp_signal(4, i);
    CHECK(data.labels[i] == chirp.quadratic);
    const auto x = signal(data, i);
    for (std::int64_t k = 0; k < signal_length; ++k) {
      const double envelope =
          std::exp(-0.5 * std::pow((static_cast<double>(k) / signal_length - chirp.centre) / chirp.width, 2));
      power = std::max(power, std::abs(x[k]) / envelope);
    }
  }
  CHECK((power > 0.999 && power < 1 + 1e-6));
}
