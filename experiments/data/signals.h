#pragma once

#include <array>
#include <cstdint>

#include "fokker/experiments/data/dataset.h"

namespace fokker {

inline constexpr std::int64_t signal_length = 128;

/// One lead of an electrocardiogram in mV, after the model of [mcsharry2003] in closed form: the waves P, Q, R, S and T
/// are bumps in the phase of the beat,
///   x(t) = Σ_w amplitude_w exp(−½ (d_w/width_w)²),  d_w = phase + t·rate/60 − place_w, less the nearest whole number.
struct EcgSignal {
  double rate;                      // beats a minute
  double phase;                     // of the beat at t = 0; the R wave peaks at whole phases
  std::array<double, 5> amplitude;  // of P, Q, R, S, T in mV

  /// t in seconds.
  double operator()(double t) const;
};

/// Signal number `sample` of ecg(): rate uniform in [50, 110], phase in [0, 1), and every amplitude in 0.8 to 1.2 times
/// (0.15, −0.12, 1, −0.25, 0.35).
EcgSignal ecg_signal(std::uint64_t seed, std::int64_t sample);

/// A tone of changing frequency under a normal window, x(t) = window(t) cos(2π phase(t)), t ∈ [0, 1).
struct ChirpSignal {
  double start, end;     // frequency at t = 0 and 1, in cycles a unit of time
  bool quadratic;        // the way between them: ∝ t², or else ∝ t
  double offset;         // phase at t = 0, in cycles
  double centre, width;  // of the window

  /// phase'(t) = start + (end − start) t, or t² where quadratic
  double frequency(double t) const;
  double phase(double t) const;
  /// exp(−½ ((t − centre)/width)²)
  double window(double t) const;
  double operator()(double t) const;
};

/// Signal number `sample` of chirps(): start and end uniform in [2, 24], offset in [0, 1), centre in [0.3, 0.7], width in
/// [0.15, 0.4]; linear and quadratic ones with equal chance.
ChirpSignal chirp_signal(std::uint64_t seed, std::int64_t sample);

/// n signals [n, 128]: 2 s of an electrocardiogram at 64 values a second; a unit of time of a chirp (labels: 1 where
/// quadratic).  Sample i depends on (seed, i) alone.
Dataset ecg(std::int64_t n, std::uint64_t seed);
Dataset chirps(std::int64_t n, std::uint64_t seed);

}  // namespace fokker
