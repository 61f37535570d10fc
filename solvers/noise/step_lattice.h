#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace fokker::detail {

using Rows = std::vector<std::size_t>;

/// The place of each sample of a batch under error control.  Places run from 0 to 2^bits.  A step is a cell of the
/// lattice, that is an aligned power of two.  Samples in one cell therefore step together, and a rejected step is
/// followed by steps within it.
class StepLattice {
 public:
  struct Place {
    std::int64_t position = 0;
    int level = 0;  // the next step is 2^level long
    std::int64_t tries = 0;
    std::int64_t end() const { return position + (std::int64_t{1} << level); }
  };
  struct Report {
    std::string_view method;
    std::int64_t sample;
    double t;
    bool finite;  // whether the last step's error is finite
    std::int64_t max_steps;
  };

  /// Makes a lattice whose steps are at least 2^lowest long, and initially 1/32 of the whole.
  StepLattice(int bits, std::size_t rows, int lowest = 0);
  const Place& operator[](std::size_t row) const { return places_[row]; }
  std::size_t rows() const { return places_.size(); }
  std::int64_t end() const { return std::int64_t{1} << bits_; }
  /// Returns the share of the way that the slowest sample has done.
  double fraction() const;
  /// Returns the samples farthest behind that take one common step, in order; none at the end.
  Rows next_group() const;
  /// Counts a try and moves on where it was accepted.  The size of the next step is multiplied by `factor` and rounded
  /// down to what the lattice allows.
  void control(std::size_t row, bool accepted, double factor);
  /// Throws NumericalError, which names sample, step, time and remedy, where sample `row` cannot go on.
  void require_progress(std::size_t row, const Report& at) const;

 private:
  std::int64_t slowest() const;

  int bits_, lowest_;
  std::vector<Place> places_;
};

}  // namespace fokker::detail
