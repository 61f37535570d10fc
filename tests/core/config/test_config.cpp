#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>

#include "fokker/core/base/names.h"
#include "fokker/core/config/config.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

std::vector<std::string> solver_names() { return {"euler_maruyama", "sra1", "heun"}; }

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

Run parse(const std::string& text) { return read<Run>(Config::parse(text, "d.toml")); }

std::string message(const std::function<void()>& f) {
  try {
    f();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no ConfigError";
}

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / fmt::format("fokker_config_{}", ::getpid());
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path / name).parent_path());
    std::ofstream(path / name) << text;
    return path / name;
  }
};

struct Bad {
  const char* text;
  const char* begins;
  const char* contains;
};

const Bad bad_documents[] = {
    {"nam = 'x'", "d.toml:1: nam: unknown key", "did you mean name?"},
    {"\n[train]\nstepz = 3", "d.toml:3: train.stepz: unknown key", "did you mean train.steps?"},
    {"learning_rate = 1.0", "d.toml:1: learning_rate: unknown key", "did you mean train.learning_rate?"},
    {"[train]\nsolver = 'x'\nzzzzzz = 1", "d.toml:2: train.solver: unknown key", "known keys: steps, learning_rate"},
    {"[[sample]]\nstep = 1", "d.toml:2: sample.0.step: unknown key", "did you mean sample.0.steps?"},
    {"[[sample]]\n[[sample]]\n\nnfe = 1", "d.toml:4: sample.1.nfe: unknown key", "known keys: solver"},
    {"[trian]\nsteps = 1", "d.toml:1: trian: unknown key", "did you mean train?"},
    {"train.stepp = 1", "d.toml:1: train.stepp: unknown key", "train.steps"},
    {"name = 3", "d.toml:1: name: expected text, got 3", ""},
    {"name = ''", "d.toml:1: name: expected a text that is not empty", ""},
    {"name = true", "d.toml:1: name: expected text, got true", ""},
    {"name = ['a']", "d.toml:1: name: expected text, got [\"a\"]", ""},
    {"\n\nseed = -1", "d.toml:3: seed: expected an integer ≥ 0, got -1", ""},
    {"seed = 1.0", "d.toml:1: seed: expected an integer, got 1.0", "without point"},
    {"seed = '12x'", "d.toml:1: seed: expected an integer, got \"12x\"", "without quotes"},
    {"seed = '18446744073709551616'", "d.toml:1: seed: expected an integer", ""},
    {"offset = '3'", "d.toml:1: offset: expected an integer, got \"3\"", "without quotes"},
    {"offset = 9223372036854775808", "d.toml:1: not valid TOML", ""},
    {"kind = 'vq'", "d.toml:1: kind: unknown \"vq\"", "did you mean \"v"},
    {"kind = 'wxyz'", "d.toml:1: kind: unknown \"wxyz\"; expected one of vp, ve, sub_vp", ""},
    {"beta = [1.0]", "d.toml:1: beta: expected a list of 2, got 1", ""},
    {"beta = [1, 2, 3]", "d.toml:1: beta: expected a list of 2, got 3", ""},
    {"beta = 1.0", "d.toml:1: beta: expected a list of 2 numbers, got 1.0", ""},
    {"beta = [\n0.1,\n-1]", "d.toml:3: beta.1: expected a value ≥ 0, got -1", ""},
    {"beta = [0.1, 'x']", "d.toml:1: beta.1: expected a number, got \"x\"", ""},
    {"beta = [0.1, nan]", "d.toml:1: beta.1: expected a number between -3.4e+38 and 3.4e+38, got nan", ""},
    {"beta = [0.1, inf]", "d.toml:1: beta.1: expected a number between -3.4e+38 and 3.4e+38, got inf", ""},
    {"train.learning_rate = 1e300", "d.toml:1: train.learning_rate: expected a number between", "1e+300"},
    {"offset = 2147483648", "d.toml:1: offset: expected an integer ≤ 2147483647, got 2147483648", ""},
    {"offset = -2147483649", "d.toml:1: offset: expected an integer ≥ -2147483648", ""},
    {"train.steps = 9223372036854775807", "d.toml:1: train.steps: expected an integer ≤ 2147483647", ""},
    {"channels = []", "d.toml:1: channels: expected a list that is not empty", ""},
    {"channels = [32, 0]", "d.toml:1: channels.1: expected a value ≥ 1, got 0", ""},
    {"channels = [32, 64.5]", "d.toml:1: channels.1: expected an integer, got 64.5", ""},
    {"channels = 32", "d.toml:1: channels: expected a list of integers, got 32", ""},
    {"channels = [3000000000]", "d.toml:1: channels.0: expected an integer ≤ 2147483647", ""},
    {"attention = [1]", "d.toml:1: attention.0: expected true or false, got 1", ""},
    {"metrics = ['fid']", "d.toml:1: metrics.0: unknown \"fid\"", "frechet, sliced_w2"},
    {"metrics = ['frechett']", "d.toml:1: metrics.0: unknown \"frechett\"", "did you mean \"frechet\"?"},
    {"train = 3", "d.toml:1: train: expected a table, got 3", ""},
    {"sample = 3", "d.toml:1: sample: expected an array of tables; write [[sample]] for each", ""},
    {"[sample]\nsteps = 3", "d.toml:1: sample: expected an array of tables", ""},
    {"sample = [1]", "d.toml:1: sample.0: expected a table, got 1", ""},
    {"[train]\nsteps = 0", "d.toml:2: train.steps: expected a value ≥ 1", "got 0"},
    {"[train]\nsteps = 1000001", "d.toml:2: train.steps: expected a value ≥ 1 and ≤ 1000000", ""},
    {"[train]\nsteps = 3e3", "d.toml:2: train.steps: expected an integer, got 3000.0", ""},
    {"[train]\nlearning_rate = 0.0", "d.toml:2: train.learning_rate: expected a value > 0, got 0.0", ""},
    {"[train]\nlearning_rate = '1e-3'", "d.toml:2: train.learning_rate: expected a number", "without quotes"},
    {"[train]\nclip = -1.0", "d.toml:2: train.clip: expected a value > 0, got -1.0", ""},
    {"[train]\nclip = 'no'", "d.toml:2: train.clip: expected a number or \"none\", got \"no\"", ""},
    {"[train]\nema = 1", "d.toml:2: train.ema: expected true or false, got 1", ""},
    {"[train]\nema = 'true'", "d.toml:2: train.ema: expected true or false", "without quotes"},
    {"[[sample]]\nsolver = 'sra2'", "d.toml:2: sample.0.solver: unknown \"sra2\"", "did you mean \"sra1\"?"},
    {"[[sample]]\ntimes = [1, [2]]", "d.toml:2: sample.0.times.1: expected a number", ""},
    {"channels = [32]", "d.toml:1: expected one attention flag", ""},
    {"name = 2024-01-01", "no ConfigError", ""},
    {"name = 'a'\nname = 'b'", "d.toml:2: not valid TOML", ""},
    {"name = ", "d.toml:1: not valid TOML", ""},
    {"[train\nsteps = 1", "d.toml:1: not valid TOML", ""},
    {"a = 1\n\n= 2", "d.toml:3: not valid TOML", ""},
    {"name = \"\xff\"", "d.toml:1: not valid TOML", ""},
    {"base = 3", "d.toml:1: base: expected the path", ""},
    {"\nbase = 'no/such.toml'", "d.toml:2: base: no/such.toml is not a file", "relative to this file"},
};

}  // namespace

TEST_CASE("every bad document is refused with file, line and key", "[config]") {
  STATIC_REQUIRE(std::size(bad_documents) >= 55);
  for (const Bad& bad : bad_documents) {
    const std::string text = message([&] { parse(bad.text); });
    INFO(bad.text << "\n→ " << text);
    CHECK(text.starts_with(bad.begins));
    CHECK(text.find(bad.contains) != std::string::npos);
  }
}

TEST_CASE("a missing required key is named with its meaning", "[config]") {
  CHECK(message([] { read<Needy>(Config::parse("", "n.toml")); }).starts_with("n.toml:1: data.path: missing"));
  const auto text = message([] { read<Needy>(Config::parse("\n[data]\n", "n.toml")); });
  CHECK(text == "n.toml:2: data.path: missing; give text: where the data are");
  CHECK(read<Needy>(Config::parse("data.path = 'x'")).data.path == "x");
}

TEST_CASE("a document sets what it names and keeps the other defaults", "[config]") {
  const Run run = parse("beta = [1, 2.5]\n[train]\nclip = 'none'\n[[sample]]\nsteps = 7\n[[sample]]\nsolver = 'heun'");
  CHECK(run.name == "run");
  CHECK(run.beta == std::array{1.0, 2.5});
  CHECK(!run.train.clip);
  CHECK(run.train.steps == 3000);
  REQUIRE(run.sample.size() == 2);
  CHECK(run.sample[0].steps == 7);
  CHECK(run.sample[0].solver == "sra1");
  CHECK(run.sample[1].solver == "heun");
  CHECK(parse("sample = []").sample.empty());
  Run changed;
  changed.train.steps = 5;
  CHECK(read<Run>(Config::parse("seed = 3"), changed).train.steps == 5);
}

TEST_CASE("a dump reads back as the same bits and dumps the same", "[config]") {
  Run run;
  run.name = "quotes \" ' \\ newline\n tab\t control\x01 ä";
  run.seed = std::numeric_limits<std::uint64_t>::max();
  run.offset = std::numeric_limits<std::int32_t>::min();
  run.beta = {std::nextafter(0.1, 1), std::numeric_limits<float>::max()};
  run.channels = {1, 2, 3};
  run.attention = {true, false, true};
  run.metrics = {};
  run.train = {.steps = 1, .learning_rate = 4.9406564584124654e-324, .clip = {}, .ema = false};
  run.sample = {{.solver = "heun", .steps = 3, .times = {1.0 / 3, 1e30, 1e22, 5, -0.0, 123456789012345678.0}}, {}};
  const std::string text = dump(run);
  const Run back = parse(text);
  CHECK(dump(back) == text);
  CHECK(back.name == run.name);
  CHECK(back.seed == run.seed);
  CHECK(back.offset == run.offset);
  CHECK(back.beta == run.beta);
  CHECK(back.channels == run.channels);
  CHECK(back.attention == run.attention);
  CHECK(back.metrics.empty());
  CHECK(back.train.learning_rate == run.train.learning_rate);
  CHECK(!back.train.clip);
  REQUIRE(back.sample.size() == 2);
  CHECK(back.sample[0].times == run.sample[0].times);
  CHECK(std::signbit(back.sample[0].times[4]));
  CHECK(dump(parse("")) == dump(Run{}));
  run.sample = {};
  CHECK(parse(dump(run)).sample.empty());
}

TEST_CASE("the text of a document is canonical", "[config]") {
  const auto a = Config::parse("b = 1\na = 'x'\n[t]\nz = 1.5\ny = true\n[[s]]\nk = [1, 2]");
  const auto b = Config::parse("a = \"x\"\n# note\nb = 1\ns = [{k = [1,2]}]\nt = {y = true, z = 15e-1}");
  CHECK(a.to_text() == "a = \"x\"\nb = 1\n\n[[s]]\nk = [1, 2]\n\n[t]\ny = true\nz = 1.5\n");
  CHECK(b.to_text() == a.to_text());
  CHECK(Config::parse(a.to_text()).to_text() == a.to_text());
}

TEST_CASE("overrides take TOML values and bare words", "[config]") {
  Config config = Config::parse("[train]\nsteps = 5\n[[sample]]\nsteps = 3\n[[sample]]\nsteps = 4", "d.toml");
  for (const char* text :
       {"train.steps=20", "sample.1.steps = 9", "sample.0.solver=heun", "beta=[1, 2]", "name=a:b/c#d",
        "train.clip=none", "train.ema=false", "seed=7", "sample.2.steps=8", "metrics=[]"})
    config.set(text);
  const Run run = read<Run>(config);
  CHECK(run.train.steps == 20);
  CHECK(run.sample[0].solver == "heun");
  CHECK(run.sample[0].steps == 3);
  CHECK(run.sample[1].steps == 9);
  CHECK(run.sample[2].steps == 8);
  CHECK(run.beta == std::array{1.0, 2.0});
  CHECK(run.name == "a:b/c#d");
  CHECK(!run.train.clip);
  CHECK(!run.train.ema);
  CHECK(run.seed == 7);
  CHECK(run.metrics.empty());
}

TEST_CASE("bad overrides are refused with their key", "[config]") {
  const auto after = [](const char* assignment) {
    return message([&] {
      Config config = Config::parse("[[sample]]\nsteps = 3", "d.toml");
      config.set(assignment);
      read<Run>(config);
    });
  };
  CHECK(after("train.stepz=3") == "command line: train.stepz: unknown key; did you mean train.steps?");
  CHECK(after("train.steps=many").starts_with("command line: train.steps: expected an integer, got \"many\""));
  CHECK(after("beta=[1,-2]").starts_with("command line: beta.1: expected a value ≥ 0, got -2"));
  CHECK(after("train.steps").starts_with("command line: expected KEY=VALUE"));
  CHECK(after("=3").starts_with("command line: expected KEY=VALUE"));
  CHECK(after("train..steps=3").starts_with("command line: expected KEY=VALUE"));
  CHECK(after("name=").starts_with("command line: name: expected KEY=VALUE"));
  CHECK(after("beta=[1,").starts_with("command line: beta: [1, is not valid TOML"));
  CHECK(after("name=\"a").starts_with("command line: name: \"a is not valid TOML"));
  CHECK(after("sample.5.steps=1").starts_with("command line: sample.5.steps: index 5 is beyond the list of 1"));
  CHECK(after("sample.x.steps=1").starts_with("command line: sample.x.steps: expected an index"));
  CHECK(after("name=1\nseed = 5").starts_with("command line: name: expected a value on one line"));
  CHECK(after("train={steps=0}").starts_with("command line: train.steps: expected a value ≥ 1"));
}

TEST_CASE("base files are merged, relative to the file that names them", "[config]") {
  const Folder folder;
  folder.write("base/root.toml",
               "name = 'root'\nseed = 1\n[train]\nsteps = 10\nlearning_rate = 0.5\n[[sample]]\nsteps = 1");
  folder.write("base/middle.toml", "base = 'root.toml'\nseed = 2\n[train]\nsteps = 20");
  const auto leaf =
      folder.write("leaf.toml", "base = 'base/middle.toml'\n[[sample]]\nsteps = 5\n[[sample]]\nsteps = 6");
  const Run run = read<Run>(Config::load(leaf));
  CHECK(run.name == "root");
  CHECK(run.seed == 2);
  CHECK(run.train.steps == 20);
  CHECK(run.train.learning_rate == 0.5);
  REQUIRE(run.sample.size() == 2);  // arrays are replaced
  CHECK(run.sample[0].steps == 5);

  folder.write("base/root.toml", "\nnamee = 'x'");
  CHECK(message([&] {
          read<Run>(Config::load(leaf));
        }).starts_with((folder.path / "base/root.toml").string() + ":2: namee: unknown key"));
  folder.write("base/root.toml", "seed = 1\nbase = '../leaf.toml'");
  const auto cycle = message([&] { Config::load(leaf); });
  CHECK(cycle.starts_with((folder.path / "base/root.toml").string() + ":2: base: "));
  CHECK(cycle.find("cycle") != std::string::npos);
  const auto self = folder.write("self.toml", "base = 'self.toml'");
  CHECK(message([&] { Config::load(self); }).find("cycle") != std::string::npos);
  CHECK_THROWS_AS(Config::load(folder.path / "missing.toml"), IoError);
  CHECK_THROWS_AS(Config::load(folder.path), IoError);
}

TEST_CASE("sweeps expand to every combination", "[config]") {
  CHECK(expand_sweep({}) == std::vector<std::vector<std::string>>{{}});
  CHECK(expand_sweep({"a.b=1,2", "c=[1,2],\"x,y\""}) ==
        std::vector<std::vector<std::string>>{
            {"a.b=1", "c=[1,2]"}, {"a.b=1", "c=\"x,y\""}, {"a.b=2", "c=[1,2]"}, {"a.b=2", "c=\"x,y\""}});
  CHECK_THROWS_AS(expand_sweep({"a"}), ConfigError);
  CHECK_THROWS_AS(expand_sweep({"a=1,,2"}), ConfigError);
  CHECK_THROWS_AS(expand_sweep({"=1"}), ConfigError);
}

TEST_CASE("help and JSON schema come from the same table", "[config]") {
  const auto rows = describe<Run>();
  const auto row = [&](const std::string& key) {
    for (const ConfigRow& r : rows)
      if (r.key == key) return fmt::format("{}|{}|{}|{}", r.type, r.fallback, r.help, r.bounds);
    return std::string("missing");
  };
  CHECK(row("train.steps") == "an integer|3000|optimizer steps|≥ 1 and ≤ 1000000");
  CHECK(row("beta") == "a list of 2 numbers|[0.1, 20.0]|at t = 0 and 1|≥ 0");
  CHECK(row("sample[].solver") == "text|\"sra1\"|a solver|euler_maruyama, sra1, heun");
  CHECK(row("train.clip") == "a number or \"none\"|1.0|norm of the gradient|> 0");
  CHECK(rows.size() == 8 + 4 + 3);
  const std::string schema = json_schema<Run>();
  for (const char* part : {"\"additionalProperties\": false", "\"exclusiveMinimum\": 0", "\"minItems\": 2",
                           "\"default\": 3000", "draft/2020-12"})
    CHECK(schema.find(part) != std::string::npos);
}

TEST_CASE("the nearest name is near or none", "[config]") {
  const std::vector<std::string> names = {"steps", "batch", "learning_rate"};
  CHECK(nearest_name("stpes", names) == "steps");
  CHECK(nearest_name("lerning_rat", names) == "learning_rate");
  CHECK(nearest_name("xyz", names).empty());
  CHECK(nearest_name("", names).empty());
}

TEST_CASE("a name is near to one with its letters, and to a longer one that nearly holds it", "[config]") {
  using Names = std::vector<std::string>;
  const Names solvers = {"euler_maruyama", "stochastic_heun", "euler_heun",   "sra1",     "sra2",
                         "dpm_solver_2",   "dpmpp_2m",        "dpmpp_2m_sde", "er_sde_1", "heun"};
  CHECK(nearest_names("eulr", solvers) == Names{"euler_maruyama", "euler_heun"});
  CHECK(nearest_names("dpm++2m", solvers) == Names{"dpmpp_2m"});
  CHECK(nearest_names("DPM-Solver-2", solvers) == Names{"dpm_solver_2"});
  CHECK(nearest_names("maruyama", solvers) == Names{"euler_maruyama"});
  CHECK(nearest_names("sra4", solvers) == Names{"sra1", "sra2"});
  CHECK(nearest_names("dpm", solvers) == Names{"dpm_solver_2", "dpmpp_2m", "dpmpp_2m_sde"});
  CHECK(nearest_names("rk", solvers).empty());
  CHECK(nearest_names("++", solvers).empty());
  CHECK(nearest_names("a", Names{"b"}).empty());
  CHECK(unknown_name("eulr", {"euler_heun", "sra1"}) ==
        "unknown \"eulr\"; did you mean \"euler_heun\"? expected one of euler_heun, sra1");
  CHECK(unknown_name("sra4", {"sra1", "sra2", "sra3"}) ==
        "unknown \"sra4\"; did you mean \"sra1\" or \"sra2\" or \"sra3\"? expected one of sra1, sra2, sra3");
  CHECK(unknown_name("q", {"t", "snr"}) == "unknown \"q\"; expected one of t, snr");
}
