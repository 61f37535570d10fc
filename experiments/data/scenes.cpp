#include "fokker/experiments/data/scenes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fokker/core/io/file.h"
#include "fokker/core/ops/rng.h"
#include "fokker/experiments/data/dataset_files.h"
#include "fokker/experiments/data/styles.h"
#include "fokker/experiments/data/toys.h"

namespace fokker {
namespace {

constexpr std::int64_t edge = 16, digit_edge = 8, draws = 16;
constexpr double held_out_share = 0.2, single_share = 0.35, twins_share = 0.15, brief_share = 0.1;
constexpr std::uint64_t split_seed = 0x7363656e;  // one split for every seed of the scenes

constexpr std::array places = {"on the left", "on the right", "at the top", "at the bottom", "in the centre"};

/// The uniform numbers of one sample, taken one after the other.
class Draws {
 public:
  Draws(const Rng& rng, std::int64_t sample) : rng_(rng), next_(draws * static_cast<std::uint64_t>(sample)) {}
  double share() { return rng_.uniform_at(next_++); }
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(rng_.index(next_++, static_cast<std::uint64_t>(n)));
  }

 private:
  Rng rng_;
  std::uint64_t next_;
};

/// The real digits in every style, and the rows of each class that scenes of one part are made of.
struct Digits {
  std::array<Tensor, Scene::styles.size()> images;
  std::array<std::array<std::vector<std::int64_t>, Scene::digits>, 2> rows;  // for training, held out

  Digits() {
    const Dataset data = load_digits("", {});
    images = {data.x, thin(data.x, data.range), bold(data.x, data.range)};
    for (Tensor& x : images)
      for (float& v : x.data<float>()) v = std::round(v);
    for (std::int64_t row = 0; row < data.size(); ++row) {
      const bool held = Rng(split_seed, Stream::split, 1).uniform_at(static_cast<std::uint64_t>(row)) < held_out_share;
      rows[held][static_cast<std::size_t>(data.labels[row])].push_back(row);
    }
  }
};

std::string style_word(const Scene& scene) {
  return scene.style == 0 ? "" : fmt::format("{} ", Scene::styles[static_cast<std::size_t>(scene.style)]);
}

Scene drawn_scene(Draws& draw) {
  Scene scene;
  const double kind = draw.share();
  scene.style = draw.below(std::ssize(Scene::styles));
  scene.first = draw.below(Scene::digits);
  if (kind < single_share) {
    scene.layout = draw.below(std::ssize(places));
    return scene;
  }
  scene.layout = Scene::beside + draw.below(2);
  const bool twins = kind < single_share + twins_share;
  scene.second = twins ? scene.first : (scene.first + 1 + draw.below(Scene::digits - 1)) % Scene::digits;
  return scene;
}

/// The row and column of a digit's upper left corner, with a random shift along and, where there is room, across.
std::array<std::int64_t, 2> corner(const Scene& scene, bool second, Draws& draw) {
  constexpr std::int64_t middle = (edge - digit_edge) / 2, far = edge - digit_edge;
  const std::int64_t around = middle - 1 + draw.below(3), inwards = draw.below(2), across = middle - 1 + draw.below(3);
  switch (scene.layout) {
    case Scene::left: return {around, inwards};
    case Scene::right: return {around, far - inwards};
    case Scene::top: return {inwards, around};
    case Scene::bottom: return {far - inwards, around};
    case Scene::beside: return {around, second ? far : 0};
    case Scene::stacked: return {second ? far : 0, around};
    default: return {around, across};
  }
}

void put(std::span<float> image, const Tensor& digits, std::int64_t row, std::array<std::int64_t, 2> corner) {
  const auto digit = digits.data<float>().subspan(static_cast<std::size_t>(row * digit_edge * digit_edge));
  for (std::int64_t y = 0; y < digit_edge; ++y)
    for (std::int64_t x = 0; x < digit_edge; ++x)
      image[(corner[0] + y) * edge + corner[1] + x] = digit[y * digit_edge + x];
}

void draw_image(const Scene& scene, const Digits& digits, Draws& draw, std::span<float> image) {
  const bool held = held_out(scene);
  const auto add = [&](std::int64_t digit, bool second) {
    const auto& rows = digits.rows[held][static_cast<std::size_t>(digit)];
    const std::int64_t row = rows[static_cast<std::size_t>(draw.below(std::ssize(rows)))];
    put(image, digits.images[static_cast<std::size_t>(scene.style)], row, corner(scene, second, draw));
  };
  add(scene.first, false);
  if (scene.pair()) add(scene.second, true);
}

std::string drawn_caption(const Scene& scene, Draws& draw) {
  const SceneCaptions captions = captions_of(scene);
  const bool brief = draw.share() < brief_share && !captions.brief.empty() && !held_out(scene);
  const auto& choice = brief ? captions.brief : captions.specific;
  return choice[static_cast<std::size_t>(draw.below(std::ssize(choice)))];
}

SceneCaptions pair_captions(const Scene& scene) {
  const auto joined = [&](std::int64_t a, const char* how, std::int64_t b) {
    return fmt::format("a {} {} a {}", a, how, b);
  };
  const std::int64_t a = scene.first, b = scene.second;
  const bool beside = scene.layout == Scene::beside;
  return {.specific = {joined(a, beside ? "left of" : "above", b), joined(b, beside ? "right of" : "below", a)},
          .of_any_style = {},
          .brief = {joined(a, "and", b), joined(b, "and", a)}};
}

SceneCaptions single_captions(const Scene& scene) {
  const char* place = places[static_cast<std::size_t>(scene.layout)];
  const std::string styled = fmt::format("a {}{}", style_word(scene), scene.first),
                    any = fmt::format("a {}", scene.first);
  SceneCaptions captions{.specific = {fmt::format("{} {}", styled, place)}, .of_any_style = {}, .brief = {any}};
  if (scene.style == 0) return captions;
  captions.of_any_style = {fmt::format("{} {}", any, place)};
  captions.brief.push_back(styled);
  return captions;
}

SceneCaptions twin_captions(const Scene& scene) {
  SceneCaptions captions{
      .specific = {fmt::format("two {}{}s", style_word(scene), scene.first)}, .of_any_style = {}, .brief = {}};
  if (scene.style > 0) captions.of_any_style = {fmt::format("two {}s", scene.first)};
  return captions;
}

}  // namespace

SceneCaptions captions_of(const Scene& scene) {
  SceneCaptions captions = scene.twins()  ? twin_captions(scene)
                           : scene.pair() ? pair_captions(scene)
                                          : single_captions(scene);
  if (scene.style > 0) captions.brief.emplace_back(Scene::styles[static_cast<std::size_t>(scene.style)]);
  return captions;
}

bool shows(const Scene& scene, const std::string& caption) {
  const SceneCaptions captions = captions_of(scene);
  const auto in = [&](const std::vector<std::string>& list) { return std::ranges::find(list, caption) != list.end(); };
  return in(captions.specific) || in(captions.of_any_style) || in(captions.brief);
}

bool held_out(const Scene& scene) {
  const std::int64_t layout = scene.twins() ? Scene::beside : scene.layout;
  const std::int64_t style = scene.pair() && !scene.twins() ? 0 : scene.style;
  const std::int64_t code =
      ((layout * Scene::digits + scene.first) * Scene::digits + scene.second) * std::ssize(Scene::styles) + style;
  return Rng(split_seed, Stream::split).uniform_at(static_cast<std::uint64_t>(code)) < held_out_share;
}

Scenes make_scenes(std::int64_t n, std::uint64_t seed) {
  check_count("scenes", n);
  const Digits digits;
  const Rng rng = Rng(seed, Stream::data).fork(0x7363656e);
  Scenes result{.data = {.x = Tensor::zeros({n, edge, edge, 1}),
                         .name = "scenes",
                         .range = {0, 16},
                         .source = "composed of the UCI handwritten digits"},
                .shown = {}};
  auto values = result.data.x.data<float>();
  for (std::int64_t i = 0; i < n; ++i) {
    Draws draw(rng, i);
    const Scene scene = drawn_scene(draw);
    result.data.captions.push_back(drawn_caption(scene, draw));
    draw_image(scene, digits, draw, values.subspan(static_cast<std::size_t>(i * edge * edge), edge * edge));
    result.data.held_out.push_back(held_out(scene));
    result.shown.push_back(scene);
  }
  result.data.sha256 = sha256(std::as_bytes(std::as_const(result.data.x).data<float>()));
  return result;
}

Dataset scenes(std::int64_t n, std::uint64_t seed) { return make_scenes(n, seed).data; }

}  // namespace fokker
