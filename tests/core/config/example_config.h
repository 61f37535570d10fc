#pragma once
// Configs with a field of every kind.

#include "fokker/core/config/config_fields.h"

namespace fokker::example {

inline std::vector<std::string> solver_names() { return {"euler_maruyama", "sra1", "heun"}; }

struct Train {
  int steps = 3000;
  double learning_rate = 5e-4;
  std::optional<double> clip = 1.0;
  bool ema = true;
  static constexpr auto fields =
      std::tuple{field("steps", &Train::steps, "optimizer steps", at_least(1), at_most(1e6)),
                 field("learning_rate", &Train::learning_rate, "step size", above(0)),
                 field("clip", &Train::clip, "norm of the gradient", above(0)), field("ema", &Train::ema, "average")};
};

struct Draw {
  std::string solver = "sra1";
  int steps = 50;
  std::vector<double> times = {};
  static constexpr auto fields =
      std::tuple{field("solver", &Draw::solver, "a solver", one_of(&solver_names)),
                 field("steps", &Draw::steps, "grid steps", at_least(1)), field("times", &Draw::times, "to store")};
};

struct Run {
  std::string name = "run";
  std::uint64_t seed = 0;
  std::int64_t offset = 0;
  std::string kind = "vp";
  std::array<double, 2> beta = {0.1, 20};
  std::vector<int> channels = {32, 64};
  std::vector<bool> attention = {false, true};
  std::vector<std::string> metrics = {"frechet"};
  Train train = {};
  std::vector<Draw> sample = {Draw{}};
  void validate() const {
    require<ConfigError>(channels.size() == attention.size(), "expected one attention flag for each channel count");
  }
  static constexpr auto fields =
      std::tuple{field("name", &Run::name, "of the run", nonempty()),
                 field("seed", &Run::seed, "of everything random"),
                 field("offset", &Run::offset, "any integer"),
                 field("kind", &Run::kind, "of SDE", one_of("vp", "ve", "sub_vp")),
                 field("beta", &Run::beta, "at t = 0 and 1", at_least(0)),
                 field("channels", &Run::channels, "at each level", at_least(1), nonempty()),
                 field("attention", &Run::attention, "at each level"),
                 field("metrics", &Run::metrics, "to evaluate", one_of("frechet", "sliced_w2")),
                 field("train", &Run::train, "training"),
                 field("sample", &Run::sample, "samplers")};
};

struct Source {
  std::string path = "";
  static constexpr auto fields = std::tuple{field("path", &Source::path, "where the data are", required())};
};
struct Needy {
  Source data = {};
  static constexpr auto fields = std::tuple{field("data", &Needy::data, "data")};
};

}  // namespace fokker::example
