#include "fokker/core/file.h"
#include "fokker/experiments/applications.h"
#include "fokker/experiments/commands.h"
#include "fokker/experiments/findings_report.h"
#include "fokker/experiments/own_table.h"
#include "fokker/experiments/pictures.h"
#include "fokker/experiments/results.h"

namespace fokker {
namespace {

namespace fs = std::filesystem;

/// The run's own results where `out` is its folder, else a file of its own.
Hdf5File opened(const fs::path& file, const TrainedRun& run) {
  std::error_code failure;
  if (fs::exists(file, failure)) return Hdf5File::open(file);
  Hdf5File fresh;
  write_identity(fresh, "sde-applications", dump(run.experiment));
  return fresh;
}

}  // namespace

int application_command(const std::string& name, const ApplicationTarget& target,
                        const std::vector<std::string>& settings, const RunOptions& options) {
  const fs::path folder = target.out.empty() ? target.run : target.out;
  require_folder_place(folder);
  const TrainedRun run = load_run(target.run);
  const auto [title, application] = application_entry(name).with(Config::of(settings), run.experiment);
  const Findings findings = application(run, read_images(run, target.images), options);
  make_folder(folder);
  Hdf5File file = opened(folder / "results.h5", run);
  file.remove("/applications/" + title);
  write_findings(file, "/applications/" + title, findings);
  file.save(folder / "results.h5");
  write_findings_files(folder, title, findings);
  const fs::path report = folder / fmt::format("{}.html", title);
  write_file_atomically(report, findings_report(run.experiment.name, {{title, findings}}));
  for (const auto& line : figure_lines(findings)) options.say(line);
  options.say(fmt::format("wrote    {}", report.string()));
  return 0;
}

int generate_command(const fs::path& path, const std::vector<std::string>& settings, const fs::path& out,
                     const RunOptions& options) {
  const fs::path target = out.empty() ? path / "generated.png" : out;
  const bool one_file = target.extension() == ".png";
  one_file ? require_file_place(target) : require_folder_place(target);
  const TrainedRun run = load_run(path);
  const Config given = Config::of(settings);
  const auto config = read<GenerateConfig>(given, own_samples(run.experiment.sample, given));
  const Shape& shape = run.model.sample_shape;
  require<ConfigError>(shape.rank() == 3 && (shape[2] == 1 || shape[2] == 3),
                       "{}: expected a run on images, got samples {}; draw them with `fokker sample`", path.string(),
                       shape);
  const Samples samples = sample(run.model, config, options);
  const PngOptions look{.low = run.model.data.range.low, .high = run.model.data.range.high};
  if (one_file) {
    write_png(target, samples.values, look);
  } else {
    make_folder(target);
    PngOptions one = look;
    one.scale = 1;
    for (std::int64_t i = 0; i < samples.values.extent(0); ++i)
      write_png(target / fmt::format("{:05}.png", i), samples.values.rows(i, i + 1), one);
  }
  options.say(fmt::format("{} images by {}, {:.4g} evaluations each, {:.2f} s", config.n, config.solver, samples.nfe,
                          samples.seconds));
  options.say(fmt::format("wrote    {}", target.string()));
  return 0;
}

}  // namespace fokker
