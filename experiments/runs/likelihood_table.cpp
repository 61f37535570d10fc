#include <fmt/format.h>

#include <cmath>

#include "fokker/core/config/config.h"
#include "fokker/experiments/runs/data_likelihood.h"

namespace fokker {
namespace {

const std::string group = "/evaluation/likelihood";

void write_row(Hdf5File& file, const BoundRow& row) {
  const std::string path = group + "/" + row.name;
  const std::vector<std::string> axis = {"held_out"};
  std::vector<std::int64_t> index;
  for (std::int64_t i = 0; i < row.bits.size(); ++i) index.push_back(i);
  file.write(path + "/held_out", std::span<const std::int64_t>(index), {row.bits.size()}, axis);
  file.write(path + "/bits_per_dimension", row.bits, axis);
  for (const auto& [part, nats] : row.parts) {
    file.write(path + "/" + part, nats, axis);
    file.set_attribute(path + "/" + part, "units", Attribute("nats"));
  }
  if (row.profile.defined()) {
    file.write(path + "/t", Tensor::from(row.t, {row.profile.size()}, Dtype::f64), {"evaluation"});
    file.write(path + "/nats", row.profile, {"evaluation"});
  }
  file.set_attribute(path, "mean", Attribute(row.interval.mean));
  file.set_attribute(path, "interval_95", Attribute(std::vector<double>{row.interval.low, row.interval.high}));
  file.set_attribute(path, "error_of_draws", Attribute(row.error));
  file.set_attribute(path, "nfe", Attribute(row.nfe));
  file.set_attribute(path, "wall_time_s", Attribute(row.seconds));
}

}  // namespace

std::vector<std::string> likelihood_lines(const DataLikelihood& found) {
  std::vector<std::string> lines;
  if (found.rows.empty()) return lines;
  lines.push_back(fmt::format("held-out {} samples, {}", found.rows[0].bits.size(), found.basis));
  lines.push_back(fmt::format("{:<11} {:>8}  {:^19} {:>9} {:>8} {:>8}", "bound", "bits/dim", "95 % interval", "draws ±",
                              "NFE", "seconds"));
  for (const BoundRow& row : found.rows) {
    const std::string error = std::isnan(row.error) ? "" : fmt::format("{:.4f}", row.error);
    lines.push_back(fmt::format("{:<11} {:>8.4f}  {:>8.4f} … {:<8.4f} {:>9} {:>8.4g} {:>8.2f}", row.name,
                                row.interval.mean, row.interval.low, row.interval.high, error, row.nfe, row.seconds));
  }
  return lines;
}

void write_likelihood(Hdf5File& file, const DataLikelihood& found) {
  file.remove(group);
  for (const BoundRow& row : found.rows) write_row(file, row);
  file.set_attribute(group, "config", Attribute(dump(found.config)));
  file.set_attribute(group, "basis", Attribute(found.basis));
}

}  // namespace fokker
