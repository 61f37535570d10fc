#include "fokker/experiments/prepared_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fokker/core/config.h"

namespace fokker {
namespace {

void write_part(Hdf5File& file, const std::string& group, const Dataset& part, const std::vector<std::int64_t>& index) {
  if (part.size() == 0) return;
  const std::string x = group + "/x";
  file.write(x, part.x);
  file.set_attribute(x, "value_range", std::vector<double>{part.range.low, part.range.high});
  if (!part.features.empty()) file.set_attribute(x, "features", fmt::format("{}", fmt::join(part.features, "\n")));
  if (!part.labels.empty()) file.write(group + "/label", std::span(part.labels), {part.size()});
  if (part.target.defined()) file.write(group + "/target", part.target);
  file.write(group + "/index", std::span(index), {std::ssize(index)});
}

}  // namespace

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
