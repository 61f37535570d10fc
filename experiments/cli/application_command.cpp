#include "fokker/core/io/file.h"
#include "fokker/experiments/application_registry.h"
#include "fokker/experiments/applications/own_table.h"
#include "fokker/experiments/cli/commands.h"
#include "fokker/experiments/report/findings_report.h"
#include "fokker/experiments/report/pictures.h"
#include "fokker/experiments/runs/results.h"
#include "fokker/experiments/saved_run.h"

namespace fokker {
namespace {

namespace fs = std::filesystem;

/// Throws unless `out` is left open or can be a folder with nothing in it.
void require_free(const fs::path& out) {
  require_folder_place(out);
  require<ConfigError>(out.empty() || !fs::exists(out) || fs::is_empty(out),
                       "{}: expected a new or an empty folder, so that nothing is replaced; choose another --out",
                       out.string());
}

/// The folder of this call: the user's, or the next number of its name in the run.
fs::path own_folder(const fs::path& run, const fs::path& out, const std::string& title) {
  if (out.empty()) return make_numbered_folder(run, title);
  require_free(out);
  make_folder(out);
  return out;
}

}  // namespace

int application_command(const std::string& name, const ApplicationTarget& target,
                        const std::vector<std::string>& settings, const RunOptions& options) {
  const SavedRun run = open_run(target.run);
  const auto [title, application] = application_entry(name).with(Config::of(settings), run.experiment);
  ApplicationInput input = read_images(run, target.images);
  input.judges = run.judges;
  require_free(target.out);  // checked before the work
  const Findings findings = application(run, input, options);
  const fs::path folder = own_folder(target.run, target.out, title);
  Hdf5File file;
  write_identity(file, "sde-applications", dump(run.experiment));
  write_findings(file, "/applications/" + title, findings);
  file.save(folder / results_name);
  std::vector<fs::path> written = write_findings_files(folder, title, findings);
  written.insert(written.begin(), {folder / fmt::format("{}.html", title), folder / results_name});
  write_file_atomically(written.front(), findings_report(run.experiment.name, {{title, findings}}));
  for (const auto& line : figure_lines(findings)) options.say(line);
  for (const auto& path : written) options.say(fmt::format("wrote    {}", path.string()));
  return 0;
}

int generate_command(const fs::path& path, const std::vector<std::string>& settings, const fs::path& out,
                     const RunOptions& options) {
  if (!out.empty()) out.extension() == ".png" ? require_file_place(out) : require_folder_place(out);
  require_not_of_run(out);
  const SavedRun run = open_run(path);
  const Config given = Config::of(settings);
  const auto config = read<GenerateConfig>(given, own_samples(run.experiment.sample, given));
  const Shape& shape = run.model.sample_shape;
  require<ConfigError>(shape.rank() == 3 && (shape[2] == 1 || shape[2] == 3),
                       "{}: expected a run on images, got samples {}; draw them with `fokker sample`", path.string(),
                       shape);
  const Samples samples = sample(run.model, config, options);
  const PngOptions look{.low = run.model.facts.range.low, .high = run.model.facts.range.high};
  const fs::path target = out.empty() ? make_numbered_folder(path, "generated") / "images.png" : out;
  if (target.extension() == ".png") {
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
