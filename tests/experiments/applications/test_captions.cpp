#include "fokker/experiments/applications/captions.h"

#include <algorithm>

#include "fokker/core/ops/elementwise.h"
#include "fokker/experiments/application_registry.h"
#include "fokker/experiments/report/findings.h"
#include "fokker/experiments/runs/run_options.h"
#include "fokker/experiments/runs/trained_run.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

/// An untrained network with a say of its captions.
TrainedRun untrained(const std::string& source, std::int64_t text_width) {
  Experiment experiment;
  experiment.data = {.source = source, .n = 200};
  experiment.network = {.channels = {8},
                        .attention = {true},
                        .layers_per_block = 1,
                        .groups = 4,
                        .label_dropout = 0.1,
                        .text_width = text_width,
                        .text_depth = 1};
  TrainedRun run{.config = experiment, .model = {}, .score = {}};
  run.model = build(run.config);
  run.model.system.network->visit(
      ParameterVisitor([](const std::string&, Tensor& p, bool) { p = Rng(6).normal(p.shape()) * 0.1; }));
  run.score = run.model.system.score();
  return run;
}

CaptionsConfig small(std::vector<std::string> prompts) {
  CaptionsConfig config;
  config.n = 6;
  config.solver = "ddim";
  config.steps = 2;
  config.prompts = std::move(prompts);
  config.reader_steps = 5;
  return config;
}

Tensor images_of(const TrainedRun& run, const CaptionsConfig& config) {
  return draw_captions(run, config, {}, {}).arrays.front().second;
}

}  // namespace

TEST_CASE("images follow from their own caption alone, and from what guidance leads away from") {
  const TrainedRun run = untrained("scenes", 8);
  const auto one = images_of(run, small({"a 3 above a 7"}));
  const auto turns = images_of(run, small({"a 3 above a 7", "two thin 1s"}));
  CHECK(one.rows(0, 1).to_vector() == turns.rows(0, 1).to_vector());
  CHECK(one.rows(1, 2).to_vector() != turns.rows(1, 2).to_vector());
  CHECK(one.rows(2, 3).to_vector() == turns.rows(2, 3).to_vector());
  CaptionsConfig guided = small({"a 3 above a 7"});
  guided.guidance.strength = 3;
  CaptionsConfig negative = guided;
  negative.negative = "bold";
  CHECK(images_of(run, guided).to_vector() != one.to_vector());
  CHECK(images_of(run, guided).to_vector() != images_of(run, negative).to_vector());
}

TEST_CASE("captions are those held out unless there are prompts, and every image is counted once") {
  const TrainedRun run = untrained("scenes", 8);
  const Findings findings = draw_captions(run, small({}), {}, {});
  CHECK(findings.arrays.front().second.shape() == Shape{6, 16, 16, 1});
  const auto named = [&](const std::string& name) {
    return std::ranges::find_if(findings.figures, [&](const Figure& f) { return f.name == name; });
  };
  for (const char* name : {"caption_accuracy", "caption_accuracy_shuffled", "caption_accuracy_real"}) {
    REQUIRE(named(name) != findings.figures.end());
    CHECK(named(name)->has_interval());
  }
  CHECK(named("read_as_plain")->value + named("read_as_thin")->value + named("read_as_bold")->value == Approx(1));
}

TEST_CASE("prompts that cannot be drawn are refused in one line") {
  const TrainedRun run = untrained("scenes", 8);
  CHECK_THROWS_WITH(images_of(run, small({"a 3 abowe a 7"})), Catch::Contains("did you mean \"above\"?"));
  CaptionsConfig config = small({});
  config.negative = "bold";
  CHECK_THROWS_WITH(images_of(run, config), Catch::Contains("[negative]"));
  CHECK_THROWS_WITH(images_of(untrained("scenes", 0), small({"a 3"})), Catch::Contains("takes no captions"));
  GenerateConfig plain;
  plain.prompts = {"a 3"};
  CHECK_THROWS_WITH(guided_score(untrained("digits", 0).model.system, plain), Catch::Contains("takes no captions"));
  CHECK_THROWS_WITH(untrained("digits", 8), Catch::Contains("data that have them"));
}
