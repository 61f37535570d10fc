#include "fokker/experiments/application_registry.h"

#include <fmt/ranges.h>

#include <set>

#include "fokker/core/base/registry.h"
#include "fokker/core/io/file.h"
#include "fokker/experiments/applications/captions.h"
#include "fokker/experiments/applications/own_table.h"
#include "fokker/experiments/applications/synthesise.h"

namespace fokker {
namespace {

template <class C>
std::pair<std::string, Application> bound(Findings (*apply)(const TrainedRun&, const C&, const ApplicationInput&,
                                                            const RunOptions&),
                                          const char* name, C config) {
  const std::string title = config.name.empty() ? name : config.name;
  require_file_name(title, fmt::format("{}.name", name));
  for (const std::string other : {"samples", "denoising", "noise"})
    require<ConfigError>(title != other && !title.starts_with(other + "-"),
                         "{}: the run writes files {}-….png of its own; choose another name than {}", name, other,
                         title);
  return {title, [apply, config = std::move(config)](const TrainedRun& run, const ApplicationInput& input,
                                                     const RunOptions& options) {
            return apply(run, config, input, options);
          }};
}

template <const char* name, class C, std::vector<C> Experiment::*tables,
          Findings (*apply)(const TrainedRun&, const C&, const ApplicationInput&, const RunOptions&)>
constexpr ApplicationEntry entry(const char* description) {
  return {.name = name,
          .description = description,
          .with =
              [](const Config& settings, const Experiment& experiment) {
                return bound(apply, name, read<C>(settings, own_table(experiment.*tables, settings)));
              },
          .of =
              [](const Experiment& experiment) {
                std::vector<std::pair<std::string, Application>> all;
                for (const C& config : experiment.*tables) all.push_back(bound(apply, name, config));
                return all;
              },
          .keys = [] { return describe<C>(); },
          .check =
              [](const Experiment& experiment, const Model& model) {
                for (const C& config : experiment.*tables)
                  if constexpr (requires { config.check(model); }) config.check(model);
              }};
}

constexpr char captions_name[] = "captions";
constexpr char sweep_name[] = "guidance_sweep", edit_name[] = "edit", translate_name[] = "translate",
               inpaint_name[] = "inpaint", denoise_name[] = "denoise", detect_name[] = "detect",
               synthesise_name[] = "synthesise";

constexpr ApplicationEntry entries[] = {
    entry<sweep_name, GuidanceSweepConfig, &Experiment::guidance_sweep, guidance_sweep>(
        "draw samples at several strengths of guidance, and compare precision with recall"),
    entry<edit_name, EditConfig, &Experiment::edit, edit>(
        "change images: add noise up to a strength, then remove it, with or without labels"),
    entry<captions_name, CaptionsConfig, &Experiment::captions, draw_captions>(
        "draw images to held-out captions or prompts, and count those that show what their caption says"),
    entry<translate_name, TranslateConfig, &Experiment::translate, translate>(
        "translate images: encode them under one label by the probability flow, and decode them under another"),
    entry<inpaint_name, InpaintConfig, &Experiment::inpaint, inpaint>(
        "draw samples given a part of each image, or any linear measurement of it"),
    entry<denoise_name, DenoiseConfig, &Experiment::denoise, denoise>("remove noise: posterior mean and samples"),
    entry<detect_name, DetectConfig, &Experiment::detect, detect>("find anomalies at a stated rate of false alarms"),
    entry<synthesise_name, SynthesiseConfig, &Experiment::synthesise, synthesise>(
        "draw samples of each class, or those that rare classes lack, and measure use and privacy"),
};

}  // namespace

std::span<const ApplicationEntry> application_entries() { return entries; }

const ApplicationEntry& application_entry(const std::string& name) {
  return Registry("[application]", entries).at(name);
}

void check_applications(const Experiment& experiment, const Model& model) {
  const auto all = applications_of(experiment);
  require<ConfigError>(all.empty() || objective_entry(experiment.train.objective).score,
                       "{}: a network trained by train.objective = \"{}\" is no score to use; remove its table",
                       all.empty() ? "" : all.front().first, experiment.train.objective);
  for (const auto& entry : entries) try {
      entry.check(experiment, model);
    } catch (const ConfigError& error) {
      throw ConfigError(fmt::format("{}: {}", entry.name, error.what()));
    }
}

std::vector<std::pair<std::string, Application>> applications_of(const Experiment& experiment) {
  std::vector<std::pair<std::string, Application>> all;
  std::set<std::string> names;
  for (const auto& entry : entries)
    for (auto& [title, application] : entry.of(experiment)) {
      require<ConfigError>(names.insert(title).second,
                           "{}: two applications are called {}; give one of them another name", entry.name, title);
      all.emplace_back(title, std::move(application));
    }
  return all;
}

}  // namespace fokker
