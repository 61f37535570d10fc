#include "fokker/experiments/applications.h"

#include <fmt/ranges.h>

#include <set>

#include "fokker/experiments/captions.h"
#include "fokker/experiments/edit.h"

namespace fokker {
namespace {

template <class C>
std::pair<std::string, Application> bound(Findings (*apply)(const TrainedRun&, const C&, const ApplicationInput&,
                                                            const RunOptions&),
                                          const char* name, C config) {
  const std::string title = config.name.empty() ? name : config.name;
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
          .with = [](const Config& settings) { return bound(apply, name, read<C>(settings)); },
          .of =
              [](const Experiment& experiment) {
                std::vector<std::pair<std::string, Application>> all;
                for (const C& config : experiment.*tables) all.push_back(bound(apply, name, config));
                return all;
              },
          .keys = [] { return describe<C>(); }};
}

constexpr char edit_name[] = "edit";
constexpr char captions_name[] = "captions";

constexpr ApplicationEntry entries[] = {
    entry<edit_name, EditConfig, &Experiment::edit, edit>(
        "image to image: noise added up to a strength, then taken away, under labels or none"),
    entry<captions_name, CaptionsConfig, &Experiment::captions, draw_captions>(
        "text to image: drawn to held-out captions, or prompts, and how many show what theirs says"),
};

}  // namespace

std::span<const ApplicationEntry> application_entries() { return entries; }

const ApplicationEntry& application_entry(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& entry : entries) {
    if (name == entry.name) return entry;
    names.emplace_back(entry.name);
  }
  throw ConfigError(fmt::format("[application] expected one of {}, got {}", fmt::join(names, ", "), name));
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
