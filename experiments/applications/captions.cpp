#include "fokker/experiments/applications/captions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "fokker/experiments/applications/inputs.h"
#include "fokker/experiments/applications/judges.h"
#include "fokker/experiments/report/findings.h"
#include "fokker/experiments/runs/run_options.h"

namespace fokker {
namespace {

constexpr std::int64_t pictured = 64, most_real = 5000;

/// A caption for each sample: the prompts in turn, or the captions of the held-out samples.
std::vector<std::string> captions_of_samples(const TrainedRun& run, const CaptionsConfig& config) {
  const auto& source = config.prompts.empty() ? run.model.data().held_out.captions : config.prompts;
  std::vector<std::string> captions;
  for (std::int64_t i = 0; i < config.n; ++i)
    captions.push_back(source[static_cast<std::size_t>(i % std::ssize(source))]);
  return captions;
}

Tensor drawn(const TrainedRun& run, const CaptionsConfig& config, const std::vector<std::string>& captions,
             const RunOptions& options) {
  GenerateConfig towards = config;
  towards.prompts = captions;
  SampleOptions sampling{.shape = run.model.sample_shape};
  sampling.progress = options.watching("drawing " + config.title());
  const Samples samples = sample(score_of(run.model, towards, options), *run.model.sde, towards, sampling);
  return run.model.facts.scaling.invert(samples.values);
}

const char* kind_of(const std::string& caption) {
  if (caption.starts_with("two")) return "twins";
  constexpr std::array relations = {" of ", " above ", " below ", " and "};
  const auto related = [&](const char* words) { return caption.find(words) != std::string::npos; };
  return std::ranges::any_of(relations, related) ? "pair" : "single";
}

struct Tally {
  std::int64_t right = 0, all = 0;
};

/// Adds the shares of right images, of all and by kind of caption, and of the styles that were read.
void judge(const std::vector<Scene>& seen, const std::vector<std::string>& captions, Findings& findings) {
  std::map<std::string, Tally> right;
  std::array<std::int64_t, Scene::styles.size()> styles{};
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const bool shown = shows(seen[i], captions[i]);
    for (const std::string& name :
         {std::string("caption_accuracy"), fmt::format("caption_accuracy_{}", kind_of(captions[i]))}) {
      right[name].right += shown;
      ++right[name].all;
    }
    ++styles[static_cast<std::size_t>(seen[i].style)];
  }
  for (const auto& [name, tally] : right) findings.figures.push_back(share_figure(name, tally.right, tally.all));
  for (std::size_t s = 0; s < styles.size(); ++s)
    findings.figures.push_back(share_figure(fmt::format("read_as_{}", Scene::styles[s]), styles[s], std::ssize(seen)));
}

}  // namespace

void CaptionsConfig::validate() const {
  GenerateConfig captioned = *this;
  if (prompts.empty()) captioned.prompts = {""};  // the held-out captions of the data take their place
  captioned.validate();
}

void CaptionsConfig::check(const Model& model) const {
  require<ConfigError>(model.system.network->caption_length() > 0,
                       "[captions] the network takes no captions; train one with network.text_width above 0");
  require<ConfigError>(model.data().held_out.name == "scenes" && model.data().held_out.size() >= 2,
                       "[captions] expected a run on data.source = \"scenes\" with held-out ones, whose images a "
                       "scene reader can judge");
  GenerateConfig captioned = *this;
  if (prompts.empty()) captioned.prompts = {model.data().held_out.captions.front()};
  captioned.check(model);
}

Findings draw_captions(const TrainedRun& run, const CaptionsConfig& config, const ApplicationInput& input,
                       const RunOptions& options) {
  require_no_input(input, "captions");
  config.validate();
  config.check(run.model);
  const auto captions = captions_of_samples(run, config);
  const Tensor images = drawn(run, config, captions, options);
  const SceneReader& reader = input.judges->scene_reader({.steps = config.reader_steps, .seed = run.config.seed});
  Findings findings;
  judge(reader(images), captions, findings);
  std::vector<std::string> shifted = captions;
  std::ranges::rotate(shifted, shifted.begin() + 1);
  findings.figures.push_back(
      share_figure("caption_accuracy_shuffled", count_shown(reader, images, shifted), images.extent(0)));
  const Dataset real = in_data_units(run.model.data().held_out, run.model.data());
  const std::int64_t most = std::min(real.size(), most_real);
  findings.figures.push_back(share_figure(
      "caption_accuracy_real",
      count_shown(reader, real.x.rows(0, most), std::span(real.captions).first(static_cast<std::size_t>(most))), most));
  findings.arrays = {{"image", images}};
  const ValueRange range = run.model.facts.range;
  findings.pictures = {
      {"images", images.rows(0, std::min(images.extent(0), pictured)), {.low = range.low, .high = range.high}}};
  return findings;
}

}  // namespace fokker
