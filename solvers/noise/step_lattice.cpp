#include "fokker/solvers/noise/step_lattice.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "fokker/core/base/error.h"

namespace fokker::detail {

StepLattice::StepLattice(int bits, std::size_t rows, int lowest)
    : bits_(bits), lowest_(lowest), places_(rows, Place{.level = bits - 5}) {}

std::int64_t StepLattice::slowest() const {
  std::int64_t least = end();
  for (const Place& place : places_) least = std::min(least, place.position);
  return least;
}

double StepLattice::fraction() const { return static_cast<double>(slowest()) / static_cast<double>(end()); }

Rows StepLattice::next_group() const {
  const std::int64_t least = slowest();
  Rows rows;
  if (least == end()) return rows;
  for (std::size_t i = 0; i < places_.size(); ++i)
    if (places_[i].position == least && (rows.empty() || places_[i].level == places_[rows[0]].level)) rows.push_back(i);
  return rows;
}

void StepLattice::control(std::size_t row, bool accepted, double factor) {
  Place& place = places_[row];
  if (accepted) place.position = place.end();
  place.level += static_cast<int>(std::floor(std::log2(factor)));
  if (place.position > 0 && place.position < end())
    place.level = std::min(place.level, std::countr_zero(static_cast<std::uint64_t>(place.position)));
  place.level = std::min(place.level, bits_);
  // An accepted step may be followed by one as short.
  if (accepted) place.level = std::max(place.level, lowest_);
  ++place.tries;
}

void StepLattice::require_progress(std::size_t row, const Report& at) const {
  const Place& place = places_[row];
  if (place.position == end()) return;
  require<NumericalError>(
      at.finite || place.level >= lowest_,
      "[{}] sample {} is not finite: step {}, from t = {}; check the right-hand side there, or raise "
      "t_min",
      at.method, at.sample, place.tries, at.t);
  require<NumericalError>(place.level >= lowest_ && place.tries < at.max_steps,
                          "[{}] sample {} does not meet the tolerance: {} at step {}, t = {}; raise the tolerance, or "
                          "check whether the right-hand side is smooth there",
                          at.method, at.sample,
                          place.level < lowest_ ? "the step size vanished" : "out of steps (max_steps)", place.tries,
                          at.t);
}

}  // namespace fokker::detail
