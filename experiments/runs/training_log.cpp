#include "fokker/experiments/runs/training_log.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace fokker {
namespace {

/// Rows that follow one another.
struct Interval {
  std::span<const MetricsRow> rows;
  double seconds;

  double mean_loss() const {
    double sum = 0;
    for (const auto& row : rows) sum += row.report.loss;
    return sum / static_cast<double>(rows.size());
  }
  const StepReport& largest_gradient() const {
    return std::ranges::max_element(rows, {}, [](const MetricsRow& r) { return r.report.gradient_norm; })->report;
  }
  double percent_clipped() const {
    return 100.0 * static_cast<double>(std::ranges::count_if(rows, [](auto& r) { return r.report.clipped; })) /
           static_cast<double>(rows.size());
  }
  std::string rates(std::int64_t samples_a_step) const {
    double operations = 0;
    for (const auto& row : rows) operations += static_cast<double>(row.report.operations);
    const double samples = static_cast<double>(samples_a_step) * static_cast<double>(rows.size());
    return fmt::format("{:.0f} samples/s, {:.3g} GFLOP/s", samples / seconds, 1e-9 * operations / seconds);
  }
};

Interval last_rows(std::span<const MetricsRow> rows, std::size_t count) {
  const std::size_t before = rows.size() - count;
  return {.rows = rows.subspan(before), .seconds = rows.back().seconds - (before > 0 ? rows[before - 1].seconds : 0)};
}

std::string held_out_summary(std::span<const MetricsRow> rows, const TrainConfig& config) {
  const StepReport* best = nullptr;
  for (const auto& row : rows)
    if (row.report.held_out_loss && (!best || *row.report.held_out_loss < *best->held_out_loss)) best = &row.report;
  if (!best) return "";
  std::string line = fmt::format("held out least loss {:.5f} at step {}", *best->held_out_loss, best->step);
  if (rows.back().report.step < config.steps)
    line += fmt::format("; not one of {} later ones was less, which ended the training", config.patience);
  return config.patience > 0 ? line + "; the weights are the average of that step" : line;
}

std::string level_summary(std::span<const MetricsRow> rows) {
  const StepReport *first = nullptr, *last = nullptr;
  for (const auto& row : rows)
    if (!row.report.levels.empty()) {
      if (!first) first = &row.report;
      last = &row.report;
    }
  if (first == last) return "";
  const std::int64_t part = least_improved(first->levels, last->levels);
  if (part < 0) return "";
  const auto at = static_cast<std::size_t>(part);
  const double width = 1.0 / NoiseLevels::parts;
  return fmt::format("levels   the error fell least at noise levels {:.2f} to {:.2f}: from {:.3g} to {:.3g}",
                     static_cast<double>(part) * width, static_cast<double>(part + 1) * width, first->levels[at].mean,
                     last->levels[at].mean);
}

}  // namespace

std::string interval_line(std::span<const MetricsRow> rows, const TrainConfig& config, std::int64_t training_samples) {
  const StepReport& last = rows.back().report;
  const Interval interval = last_rows(rows, static_cast<std::size_t>((last.step - 1) % config.log_interval() + 1));
  const double epoch = static_cast<double>(last.step * config.step_samples()) / static_cast<double>(training_samples);
  std::string line =
      fmt::format("epoch {:<5.3g} step {:>6}/{}  loss {:.5f}", epoch, last.step, config.steps, interval.mean_loss());
  if (last.held_out_loss) line += fmt::format("  held out {:.5f}", *last.held_out_loss);
  line += fmt::format("  gradient {:.3g}", interval.largest_gradient().gradient_norm);
  if (config.clip > 0) line += fmt::format(" ({:.0f} % clipped)", interval.percent_clipped());
  return line + "  " + interval.rates(config.step_samples());
}

std::vector<std::string> summary_lines(std::span<const MetricsRow> rows, const TrainConfig& config) {
  if (rows.empty()) return {};
  const Interval all = last_rows(rows, rows.size());
  const StepReport& largest = all.largest_gradient();
  std::vector<std::string> lines = {
      fmt::format("trained  {} steps in {:.1f} s: {}", rows.back().report.step, all.seconds,
                  all.rates(config.step_samples())),
      fmt::format("gradient largest norm {:.3g} at step {}; {:.3g} % of the steps clipped", largest.gradient_norm,
                  largest.step, all.percent_clipped())};
  for (auto& line : {held_out_summary(rows, config), level_summary(rows)})
    if (!line.empty()) lines.push_back(line);
  return lines;
}

Tensor noise_level_picture(std::span<const MetricsRow> rows) {
  std::vector<const std::vector<LevelErrors>*> intervals;
  double low = std::numeric_limits<double>::infinity(), high = 0;
  for (const auto& row : rows) {
    if (row.report.levels.empty()) continue;
    intervals.push_back(&row.report.levels);
    for (const auto& errors : row.report.levels)
      if (errors.count > 0 && errors.mean > 0) {
        low = std::min(low, errors.mean);
        high = std::max(high, errors.mean);
      }
  }
  if (intervals.empty() || high <= low) return {};
  const std::int64_t width = std::ssize(intervals), parts = NoiseLevels::parts;
  Tensor picture = Tensor::ones({1, parts, width, 1});
  for (std::int64_t part = 0; part < parts; ++part)
    for (std::int64_t i = 0; i < width; ++i) {
      const LevelErrors& errors = (*intervals[static_cast<std::size_t>(i)])[static_cast<std::size_t>(part)];
      if (errors.count > 0 && errors.mean > 0)
        picture.data<float>()[static_cast<std::size_t>((parts - 1 - part) * width + i)] =
            static_cast<float>(std::log(high / errors.mean) / std::log(high / low));
    }
  return picture;
}

}  // namespace fokker
