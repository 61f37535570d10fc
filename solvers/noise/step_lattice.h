#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace fokker::detail {

using Rows = std::vector<std::size_t>;

/// Where each sample of a batch stands under error control.  Places run from 0 to 2^bits; a step is a cell of the
/// lattice, an aligned power of two, so that samples in one cell step together and a rejected step is followed by steps
/// within it.
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
    bool finite;  // the last step's error
    std::int64_t max_steps;
  };

  /// Steps are at least 2^lowest long, and 1/32 of the whole at first.
  StepLattice(int bits, std::size_t rows, int lowest = 0);
  const Place& operator[](std::size_t row) const { return places_[row]; }
  std::size_t rows() const { return places_.size(); }
  std::int64_t end() const { return std::int64_t{1} << bits_; }
  /// How far the slowest sample is, of 1.
  double fraction() const;
  /// The samples farthest behind that take the same step, in order; none at the end.
  Rows next_group() const;
  /// Counts a try, moves on where it was accepted, and changes the size of the next step by `factor`, rounded down to
  /// what the lattice allows.
  void control(std::size_t row, bool accepted, double factor);
  /// Throws NumericalError, naming sample, step, time and remedy, where sample `row` cannot go on.
  void require_progress(std::size_t row, const Report& at) const;

 private:
  std::int64_t slowest() const;

  int bits_, lowest_;
  std::vector<Place> places_;
};

}  // namespace fokker::detail
