#include "fokker/experiments/report/findings.h"

#include <algorithm>

#include "fokker/core/io/file.h"

namespace fokker {

std::vector<std::string> figure_lines(const Findings& findings) {
  std::size_t width = 0;
  for (const Figure& figure : findings.figures) width = std::max(width, figure.name.size());
  std::vector<std::string> lines;
  for (const Figure& figure : findings.figures) {
    std::string line = fmt::format("{:<{}}  {:.4g}", figure.name, width, figure.value);
    if (figure.has_interval()) line += fmt::format("  [{:.4g}, {:.4g}]", figure.low, figure.high);
    lines.push_back(std::move(line));
  }
  return lines;
}

void write_findings(Hdf5File& file, const std::string& group, const Findings& findings) {
  for (const Figure& figure : findings.figures) {
    const std::string path = group + "/figures/" + figure.name;
    file.write(path, Tensor::scalar(figure.value, Dtype::f64));
    if (!figure.features.empty()) file.set_attribute(path, "features", Attribute(figure.features));
    if (!figure.has_interval()) continue;
    file.set_attribute(path, "low", figure.low);
    file.set_attribute(path, "high", figure.high);
  }
  for (const auto& [name, values] : findings.arrays) file.write(group + "/" + name, values);
}

std::vector<std::filesystem::path> write_findings_files(const std::filesystem::path& folder, const std::string& prefix,
                                                        const Findings& findings) {
  std::vector<std::filesystem::path> written;
  const auto next = [&](const std::string& name, const char* kind) {
    return written.emplace_back(folder / fmt::format("{}-{}.{}", prefix, name, kind));
  };
  for (const Picture& picture : findings.pictures) write_png(next(picture.name, "png"), picture.images, picture.look);
  for (const Chart& chart : findings.charts) write_file_atomically(next(chart.name, "svg"), chart.svg);
  for (const Table& table : findings.tables) write_file_atomically(next(table.name, "csv"), table.csv);
  return written;
}

}  // namespace fokker
