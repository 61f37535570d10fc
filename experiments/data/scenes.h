#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "fokker/experiments/data/dataset.h"

namespace fokker {

/// What a scene of 16 × 16 pixels shows: one digit at a place, or two digits in one style.  Two digits stand side by
/// side, the first on the left, or one above the other, the first at the top.
struct Scene {
  enum Layout : std::int64_t { left, right, top, bottom, centre, beside, stacked };
  static constexpr std::int64_t layouts = 7, digits = 10;
  static constexpr std::array<const char*, 3> styles = {"plain", "thin", "bold"};

  std::int64_t layout = left, first = 0, second = 0;  // second is 0 where there is one digit
  std::int64_t style = 0;                             // place in `styles`

  bool pair() const { return layout >= beside; }
  bool twins() const { return pair() && first == second; }
  bool operator==(const Scene&) const = default;
};

/// The captions that are true of a scene.
struct SceneCaptions {
  /// Captions that say everything: "a bold 5 on the left", "two thin 1s", "a 3 above a 7" or "a 7 below a 3".  A
  /// caption of two different digits does not speak of their style, and plain is not said.
  std::vector<std::string> specific;
  /// Captions that leave out the style: "a 5 on the left" of a bold one, "two 1s" of thin ones.
  std::vector<std::string> of_any_style;
  /// Captions that say less: "a bold 5", "a 5", "a 3 and a 7", "bold".
  std::vector<std::string> brief;
};
SceneCaptions captions_of(const Scene& scene);
/// Whether the caption is true of the scene.
bool shows(const Scene& scene, const std::string& caption);

/// Whether scenes of this composition are held out; a fifth of all compositions is.  All styles of two different digits
/// are one composition, and so are both layouts of two equal ones.
bool held_out(const Scene& scene);

/// Captioned scenes [n, 16, 16, 1] of real digits with grey levels 0 … 16, and what each one shows.  Held-out scenes
/// are made of other digits than those for training, and their captions are specific.
struct Scenes {
  Dataset data;
  std::vector<Scene> shown;
};
Scenes make_scenes(std::int64_t n, std::uint64_t seed);
Dataset scenes(std::int64_t n, std::uint64_t seed);

}  // namespace fokker
