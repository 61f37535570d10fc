#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fokker/experiments/runner.h"
#include "fokker/experiments/runs/trained_run.h"
#include "fokker/solvers/orders/strong_order.h"

namespace fokker {

// The subcommands of the program.  Each returns its exit code and throws the library's errors.

/// Where a run goes, and how much of it is done.
struct RunTarget {
  std::filesystem::path out;  // empty: runs/NAME/TIME-HASH; in a sweep the folder of all its runs
  bool only_train = false;
};
int run_command(const std::filesystem::path& config, const std::vector<std::string>& overrides,
                const std::vector<std::string>& sweep, const RunTarget& target, const RunOptions& options);
int resume_command(const std::filesystem::path& run, const RunOptions& options);
int sample_command(const std::filesystem::path& run, const std::vector<std::string>& settings,
                   const AverageChoice& average, const std::filesystem::path& out, const RunOptions& options);
/// Shows the held-out loss of a run's averages: those that it kept, and power functions of `lengths` (empty: the usual
/// ones) until `step` (0: the last).
int ema_command(const std::filesystem::path& run, const std::vector<double>& lengths, std::int64_t step,
                const RunOptions& options);
int evaluate_command(const std::filesystem::path& run, const std::vector<std::string>& settings,
                     const RunOptions& options);
int compare_command(const std::filesystem::path& config, const std::vector<std::string>& overrides,
                    const std::filesystem::path& out, const RunOptions& options);
/// A use of a run on its held-out data or on images.
struct ApplicationTarget {
  std::filesystem::path run;
  std::vector<std::filesystem::path> images = {};
  std::filesystem::path out = {};  // empty: the next of RUN/NAME-1, RUN/NAME-2, …
};
int application_command(const std::string& name, const ApplicationTarget& target,
                        const std::vector<std::string>& settings, const RunOptions& options);
/// Writes images as PNG: one grid where `out` ends in .png, else a folder with a file for each image.
int generate_command(const std::filesystem::path& run, const std::vector<std::string>& settings,
                     const std::filesystem::path& out, const RunOptions& options);
int likelihood_command(const std::filesystem::path& run, const std::vector<std::string>& settings,
                       const RunOptions& options);
/// Runs `fokker data describe SOURCE`.
int describe_command(const std::string& source, const std::vector<std::string>& settings, const RunOptions& options);
/// Runs `fokker data prepare SOURCE`.  Writes the prepared data as an HDF5 file and a picture beside it, and says what
/// was changed.
int prepare_command(const std::string& source, const std::vector<std::string>& settings,
                    const std::filesystem::path& out, const RunOptions& options);
/// Compares declared with measured orders, of all solvers where none is named.  Throws NumericalError, after the table,
/// where an order is lower than declared.
int orders_command(const std::vector<std::string>& solvers, StrongOrderConfig config, const std::filesystem::path& out,
                   const RunOptions& options);
/// Lists what there is of a kind.  An empty kind lists the kinds.
int list_command(const std::string& kind, const RunOptions& options);
/// Describes a run.  An empty path describes the program itself.
int info_command(const std::filesystem::path& run, const RunOptions& options);

std::vector<std::string> list_kinds();
/// Describes each key in a line: name, type, default, help and bounds.
std::vector<std::string> key_lines(const std::vector<ConfigRow>& rows);

}  // namespace fokker
