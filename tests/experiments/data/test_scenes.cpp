#include "fokker/experiments/data/scenes.h"

#include <algorithm>
#include <map>
#include <set>

#include "fokker/experiments/data/prepare.h"
#include "fokker/experiments/data/registry.h"
#include "fokker/experiments/metrics/scene_reader.h"
#include "fokker/experiments/training/trainer.h"
#include "fokker/experiments/training/validation.h"
#include "fokker/score/networks/network.h"
#include "fokker/sde/registry.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return std::ranges::find(list, text) != list.end();
}

std::vector<double> row_of(const Dataset& data, std::int64_t row) { return data.x.rows(row, row + 1).to_vector(); }

}  // namespace

TEST_CASE("captions that are true of a scene, and some that are not") {
  const Scene bold_five{.layout = Scene::left, .first = 5, .style = 2};
  CHECK(captions_of(bold_five).specific == std::vector<std::string>{"a bold 5 on the left"});
  for (const char* caption : {"a bold 5 on the left", "a 5 on the left", "a bold 5", "a 5", "bold"})
    CHECK(shows(bold_five, caption));
  for (const char* caption :
       {"a bold 5 on the right", "a thin 5 on the left", "a bold 6 on the left", "thin", "two 5s"})
    CHECK(!shows(bold_five, caption));
  const Scene pair{.layout = Scene::stacked, .first = 3, .second = 7};
  for (const char* caption : {"a 3 above a 7", "a 7 below a 3", "a 3 and a 7"}) CHECK(shows(pair, caption));
  for (const char* caption : {"a 7 above a 3", "a 3 below a 7", "a 3 left of a 7", "a 3"}) CHECK(!shows(pair, caption));
  const Scene beside{.layout = Scene::beside, .first = 3, .second = 7};
  CHECK((shows(beside, "a 3 left of a 7") && shows(beside, "a 7 right of a 3") && !shows(beside, "a 7 left of a 3")));
  const Scene twins{.layout = Scene::stacked, .first = 1, .second = 1, .style = 1};
  CHECK((shows(twins, "two thin 1s") && shows(twins, "two 1s") && !shows(twins, "two bold 1s")));
}

TEST_CASE("a scene depends on its seed and number alone, and is made of real digits") {
  const Scenes few = make_scenes(40, 3), more = make_scenes(200, 3), other = make_scenes(40, 4);
  CHECK(few.data.captions == std::vector<std::string>(more.data.captions.begin(), more.data.captions.begin() + 40));
  for (std::int64_t row = 0; row < 40; ++row) CHECK(row_of(few.data, row) == row_of(more.data, row));
  CHECK(few.data.captions != other.data.captions);
  std::set<std::vector<double>> real;
  const Dataset digits = load_dataset("digits");
  for (std::int64_t row = 0; row < digits.size(); ++row) real.insert(row_of(digits, row));
  for (std::int64_t row = 0; row < 200; ++row) {
    const Scene& scene = more.shown[static_cast<std::size_t>(row)];
    CHECK(shows(scene, more.data.captions[static_cast<std::size_t>(row)]));
    if (scene.layout != Scene::stacked || scene.style != 0) continue;
    bool found = false;  // the upper digit, at one of three columns
    for (std::int64_t column = 3; column <= 5; ++column) {
      std::vector<double> upper;
      for (std::int64_t y = 0; y < 8; ++y)
        for (std::int64_t x = 0; x < 8; ++x) upper.push_back(more.data.x.at((row * 16 + y) * 16 + column + x));
      found |= real.contains(upper);
    }
    CHECK(found);
  }
}

TEST_CASE("training and held-out scenes share no caption and no composition") {
  const Prepared data = prepare({.source = "scenes", .n = 20'000}, 0);
  const std::set<std::string> training(data.training.captions.begin(), data.training.captions.end());
  const std::set<std::string> held(data.held_out.captions.begin(), data.held_out.captions.end());
  for (const auto& caption : held) CHECK(!training.contains(caption));
  CHECK(held.size() > 70);  // of 540 specific captions
  const double share = static_cast<double>(data.held_out.size()) / 20'000;
  CHECK((share > 0.1 && share < 0.3));
  CHECK(data.training.tokens.size() == data.training.captions.size() * data.tokenizer.length());
  CHECK(data.tokenizer.words().size() == 28);
  const Scenes scenes = make_scenes(20'000, 1);
  std::set<std::string> trained, kept;
  std::map<std::int64_t, std::set<std::int64_t>> styles;  // of the digits that training shows
  for (std::size_t i = 0; i < scenes.shown.size(); ++i) {
    const Scene& scene = scenes.shown[i];
    const SceneCaptions captions = captions_of(scene);
    (scenes.data.held_out[i] ? kept : trained).insert(captions.specific.begin(), captions.specific.end());
    if (!scenes.data.held_out[i]) styles[scene.first].insert(scene.style);
    if (scenes.data.held_out[i]) CHECK(contains(captions.specific, scenes.data.captions[i]));
  }
  for (const auto& caption : kept) CHECK(!trained.contains(caption));
  for (std::int64_t digit = 0; digit < 10; ++digit) CHECK(styles[digit].size() == 3);
}

TEST_CASE("a split is the data's own, unless a random one is asked for") {
  const Prepared own = prepare({.source = "scenes", .n = 300}, 0);
  const Prepared random = prepare({.source = "scenes", .n = 300, .split = "random", .held_out = 0.5}, 0);
  CHECK(std::ranges::all_of(own.held_out.held_out, [](bool held) { return held; }));
  CHECK(random.held_out.size() == 150);
  CHECK(!std::ranges::all_of(random.held_out.held_out, [](bool held) { return held; }));
  CHECK_THROWS_WITH(prepare({.source = "digits", .split = "own"}, 0), Catch::Contains("[data.split]"));
}

TEST_CASE("right captions give a lower loss than shuffled ones, where captions say something") {
  const std::int64_t n = 400;
  const bool telling = GENERATE(true, false);
  Dataset data{.x = Tensor::zeros({n, 4, 4, 1}), .name = "patches", .range = {-1, 1}};
  for (std::int64_t i = 0; i < n; ++i) {
    const bool bright = Rng(1).uniform_at(static_cast<std::uint64_t>(i)) < 0.5;
    for (std::int64_t k = 0; k < 16; ++k) data.x.data<float>()[i * 16 + k] = bright ? 0.8f : -0.8f;
    const bool said = telling ? bright : Rng(2).uniform_at(static_cast<std::uint64_t>(i)) < 0.5;
    data.captions.emplace_back(said ? "bright" : "dark");
  }
  const Tokenizer tokenizer(data.captions);
  data.tokens = tokenizer(data.captions);
  const NetworkConfig config{.channels = {8},
                             .attention = {true},
                             .layers_per_block = 1,
                             .groups = 4,
                             .head_size = 4,
                             .label_dropout = 0.1,
                             .text_width = 8,
                             .text_depth = 1,
                             .text_heads = 2,
                             .text_vocabulary = tokenizer.vocabulary(),
                             .text_length = tokenizer.length()};
  const auto sde = make_sde({.kind = "vp"});
  const TrainConfig train_config{.steps = 120, .batch = 32, .learning_rate = 5e-3, .ema = 0.9};
  const System system = train(make_network(config, Shape{4, 4, 1}, Rng(0)), *sde, data, train_config, 0);
  Dataset shuffled = data;
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t k = 0; k < tokenizer.length(); ++k)
      shuffled.tokens[i * tokenizer.length() + k] = data.tokens[(i + 1) % n * tokenizer.length() + k];
  const double right = HeldOutLoss(data, train_config, 0)(system, 1);
  const double wrong = HeldOutLoss(shuffled, train_config, 0)(system, 1);
  INFO("right " << right << ", shuffled " << wrong);
  if (telling)
    CHECK(right < 0.8 * wrong);
  else
    CHECK(right == Approx(wrong).epsilon(0.1));
}

TEST_CASE("a scene reader learns to read real scenes, and sees nothing in others") {
  const SceneReader reader({.scenes = 3000, .steps = 200});
  const Scenes real = make_scenes(600, 5);
  std::int64_t layouts = 0;
  const auto seen = reader(real.data.x);
  for (std::size_t i = 0; i < seen.size(); ++i) layouts += seen[i].layout == real.shown[i].layout;
  CHECK(layouts > 560);
  CHECK(count_shown(reader, real.data.x, real.data.captions) > 300);
  std::vector<std::string> others(real.data.captions.begin() + 1, real.data.captions.end());
  others.push_back(real.data.captions.front());
  CHECK(count_shown(reader, real.data.x, others) < 60);
  CHECK_THROWS_AS(count_shown(reader, real.data.x, std::span(others).first(3)), ShapeError);
  CHECK_THROWS_AS(reader(Tensor::zeros({2, 8, 8, 1})), ShapeError);
}

TEST_CASE("a scene reader reads at least 98 % of real scenes of held-out captions", "[nightly]") {
  const SceneReader reader;
  const Dataset held_out = prepare({.source = "scenes", .n = 20'000, .scaling = "none"}, 9).held_out;
  const auto right = count_shown(reader, held_out.x, held_out.captions);
  CHECK(static_cast<double>(right) >= 0.98 * static_cast<double>(held_out.size()));
}
