#include "fokker/experiments/data/prepared_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fokker/core/config/config.h"

namespace fokker {
namespace {

void write_part(Hdf5File& file, const std::string& group, const Dataset& part, const std::vector<std::int64_t>& index) {
  if (part.size() == 0) return;
  write_dataset(file, group, part);
  file.write(group + "/index", std::span(index), {std::ssize(index)});
}

}  // namespace

void write_dataset(Hdf5File& file, const std::string& group, const Dataset& data) {
  const std::string x = group + "/x";
  file.write(x, data.x);
  file.set_attribute(x, "value_range", std::vector<double>{data.range.low, data.range.high});
  if (!data.features.empty()) file.set_attribute(x, "features", fmt::format("{}", fmt::join(data.features, "\n")));
  if (!data.labels.empty()) file.write(group + "/label", std::span(data.labels), {data.size()});
  if (data.target.defined()) file.write(group + "/target", data.target);
}

Hdf5File prepared_file(const Prepared& data, const PrepareConfig& config) {
  Hdf5File file;
  file.set_attribute("/", "source", fmt::format("{}, prepared by fokker", data.training.source));
  file.set_attribute("/", "source_sha256", data.training.sha256);
  write_part(file, "/training", data.training, data.training_index);
  write_part(file, "/held_out", data.held_out, data.held_out_index);
  write_part(file, "/excluded", data.excluded, data.excluded_index);
  file.write("/scaling/shift", data.scaling.shift);
  file.write("/scaling/scale", data.scaling.scale);
  std::string report;
  for (const auto& step : data.report)
    report += fmt::format("{}: {} -> {}: {}\n", step.step, step.before, step.after, step.change);
  file.write_text("/report", report);
  file.write_text("/config", dump(config));
  return file;
}

}  // namespace fokker
