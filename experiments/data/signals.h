#pragma once

#include <array>
#include <cstdint>

#include "fokker/experiments/data/dataset.h"

namespace fokker {

inline constexpr std::int64_t signal_length = 128;

/// One lead of an electrocardiogram in mV, after the model of [mcsharry2003] in closed form.  The waves P, Q, R, S and
/// T are bumps in the phase of the beat,
///   x(t) = Σ_w amplitude_w exp(−½ (d_w/width_w)²),  d_w = phase + t·rate/60 − place_w, less the nearest whole number.
struct EcgSignal {
  double rate;                      // beats a minute
  double phase;                     // phase of the beat at t = 0; the R wave peaks at whole phases
  std::array<double, 5> amplitude;  // amplitudes of P, Q, R, S, T in mV

  /// The signal in mV at t in seconds.
  double operator()(double t) const;
};

/// Signal number `sample` of ecg().  The rate is uniform in [50, 110], the phase in [0, 1), and every amplitude in 0.8
/// to 1.2 times (0.15, −0.12, 1, −0.25, 0.35).
EcgSignal ecg_signal(std::uint64_t seed, std::int64_t sample);

/// A tone of changing frequency under a normal window, x(t) = window(t) cos(2π phase(t)), t ∈ [0, 1).
struct ChirpSignal {
  double start, end;     // frequency at t = 0 and 1, in cycles a unit of time
  bool quadratic;        // whether the frequency changes as t², or else as t
  double offset;         // phase at t = 0, in cycles
  double centre, width;  // centre and width of the window

  /// The frequency phase'(t) = start + (end − start) t, or t² in place of t where quadratic.
  double frequency(double t) const;
  double phase(double t) const;
  /// The window exp(−½ ((t − centre)/width)²).
  double window(double t) const;
  double operator()(double t) const;
};

/// Signal number `sample` of chirps().  start and end are uniform in [2, 24], offset in [0, 1), centre in [0.3, 0.7]
/// and width in [0.15, 0.4].  Linear and quadratic ones have equal chance.
ChirpSignal chirp_signal(std::uint64_t seed, std::int64_t sample);

/// n signals [n, 128]: ecg() gives 2 s of an electrocardiogram at 64 values a second; chirps() gives a unit of time,
/// with label 1 where quadratic.  Sample i depends on (seed, i) alone.
Dataset ecg(std::int64_t n, std::uint64_t seed);
Dataset chirps(std::int64_t n, std::uint64_t seed);

}  // namespace fokker
